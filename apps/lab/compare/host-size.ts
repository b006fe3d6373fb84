/** How large the hosts of a comparison are: what one stage takes at capacity, the others at rest and k6 must fit the machine. */
import { DEFAULT_SIZE_CPU } from '../../../infra/local/hosts/size.ts'
import type { Plan, Program } from '../../../infra/stage/plan.ts'
import { CommandError } from '../runner/command.ts'
import { USUAL_P95_MS } from './protocol.ts'
import { sum } from './spread.ts'

/** Nothing to size is null; `p95Ms` is how long a request may take there, and `note` says why it is not the usual size. */
export type HostSize = { readonly sizeCpu: number | null; readonly p95Ms: number; readonly note?: string }
/** With how it is set. */
export type SetSize = HostSize & { readonly limits: string }

/** Of the machine; the rest is for the kernel and whatever else runs, or the machine is what would be measured. */
const MOST_SHARE = 0.8
const SMALLER_CPU = 0.1
/**
 * With a saga on one server of all buckets an order takes 300 ms on such hosts when nobody else asks for anything (measured: p95
 * 260 to 360 ms at one a second): within the usual 250 it would carry nothing.
 */
const SMALLER_P95_MS = 500

/** The usual one, a smaller one for all where that is too much, or one line that refuses. Known before anything starts. */
export function fittingSize(plans: readonly Plan[], machineCpus: number): HostSize {
  const most = MOST_SHARE * machineCpus
  const usual = neededCpu(plans, DEFAULT_SIZE_CPU)
  if (usual <= most) return { sizeCpu: DEFAULT_SIZE_CPU, p95Ms: USUAL_P95_MS }
  const smaller = neededCpu(plans, SMALLER_CPU)
  const limit = `${most.toFixed(1)} of the ${machineCpus} here may be taken`
  if (smaller <= most) {
    const why = `with ${DEFAULT_SIZE_CPU} they and k6 would take about ${usual.toFixed(1)} CPU, and ${limit}`
    const note = `hosts of all stages have ${SMALLER_CPU} CPU, and requests ${SMALLER_P95_MS} ms: ${why}`
    return { sizeCpu: SMALLER_CPU, p95Ms: SMALLER_P95_MS, note }
  }
  const even = `even with hosts of ${SMALLER_CPU} CPU about ${smaller.toFixed(1)} CPU would be taken with k6`
  throw new CommandError(`${plans.length} stages are too much to compare at once: ${even}, and ${limit}; name fewer of them`)
}

/** Stages take turns: while one is at capacity the others are at rest. */
export function neededCpu(plans: readonly Plan[], sizeCpu: number): number {
  return Math.max(
    ...plans.map((plan, place) => {
      const others = plans.filter((_, other) => other !== place)
      return atCapacity(plan, sizeCpu) + K6_SHARE * appCpu(plan, sizeCpu) + sum(others.map(atRest))
    }),
  )
}

function atCapacity(plan: Plan, sizeCpu: number): number {
  const hosts = plan.hosts.filter(({ sized }) => sized)
  const shares = hosts.map(({ programs }) => Math.min(1, sum(programsOf(plan, programs).map((one) => capacityShare(one, plan)))))
  return sizeCpu * sum(shares)
}

function atRest(plan: Plan): number {
  const hasBuckets = plan.programs.some((program) => program.kind === 'mysql' && program.bucketsOf !== undefined)
  return sum(plan.programs.map(({ kind }) => REST_CPU[kind])) + (hasBuckets ? SWEEPS_CPU : 0)
}

/** What k6 takes follows the journeys, and they follow what the apps can do. */
function appCpu({ programs }: Plan, sizeCpu: number): number {
  return sizeCpu * programs.filter(({ kind }) => kind === 'app').length
}

function programsOf({ programs }: Plan, names: readonly string[]): Program[] {
  return programs.filter(({ name }) => names.includes(name))
}

/** The CPU that k6 takes, as a part of what the apps take: with `browse`, which sends most. */
const K6_SHARE = 0.6

/** Of its host's size, at most, at the capacity of its stage; measured with `browse` and `checkout`. */
const CAPACITY_SHARES = {
  app: 1,
  consumers: 0.5,
  gateway: 1,
  worker: 0.1,
  bank: 0,
  haproxy: 0.5,
  mysql: 1,
  failover: 0.1,
  redis: 0.2,
  sentinel: 0.05,
} as const satisfies Record<Program['kind'], number>
const REPLICA_SHARE = 0.3

/** Servers that have buckets share what one would do that has all. */
function capacityShare(program: Program, { programs }: Plan): number {
  if (program.kind !== 'mysql') return CAPACITY_SHARES[program.kind]
  if (program.replicaOf !== undefined) return REPLICA_SHARE
  if (program.bucketsOf === undefined) return CAPACITY_SHARES.mysql
  const sharing = programs.filter((one) => one.kind === 'mysql' && one.bucketsOf === program.bucketsOf)
  return CAPACITY_SHARES.mysql / sharing.length
}

/** CPUs that a program takes while nobody asks for anything; measured. */
const REST_CPU = {
  app: 0.01,
  consumers: 0.01,
  gateway: 0.01,
  worker: 0.005,
  bank: 0.001,
  haproxy: 0.005,
  mysql: 0.002,
  failover: 0.007,
  redis: 0.003,
  sentinel: 0.003,
} as const satisfies Record<Program['kind'], number>
/** Of the worker and the servers together: the sweepers look into each bucket. */
const SWEEPS_CPU = 0.06
