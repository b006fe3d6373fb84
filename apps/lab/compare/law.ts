import { sum } from './spread.ts'

/** The law that bounds a stage: capacity ≤ (size − CPU at rest) ÷ CPU demand a journey, at the host where that is smallest. */
export type Demand = {
  readonly host: string
  readonly sizeCpu: number | null
  /** CPUs that it takes without a journey: checks, timers, replication. */
  readonly restCpu: number
  readonly cpuMsPerJourney: number
}

/** A demand below this cannot be told from none. */
const LEAST_DEMAND_MS = 0.001

/** The host that allows the fewest journeys a second, and how many. Throws when there is no host. */
export function tightestOf<Host extends Demand>(hosts: readonly Host[], machineCpus: number): { host: Host; bound: number } {
  const [tightest] = hosts
    .map((host) => ({ host, bound: boundOf(host, hosts, machineCpus) }))
    .toSorted((one, other) => one.bound - other.bound || other.host.cpuMsPerJourney - one.host.cpuMsPerJourney)
  if (!tightest) throw new Error('a stage without hosts has no bound')
  return tightest
}

/** Hosts without a size share the whole machine, so all their demands count. */
function boundOf({ sizeCpu, restCpu, cpuMsPerJourney }: Demand, hosts: readonly Demand[], machineCpus: number): number {
  if (sizeCpu !== null) return (1_000 * Math.max(0, sizeCpu - restCpu)) / Math.max(cpuMsPerJourney, LEAST_DEMAND_MS)
  const rest = sum(hosts.map((host) => host.restCpu))
  const all = sum(hosts.map((host) => host.cpuMsPerJourney))
  return (1_000 * Math.max(0, machineCpus - rest)) / Math.max(all, LEAST_DEMAND_MS)
}
