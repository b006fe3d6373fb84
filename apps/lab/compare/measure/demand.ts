/** What a host's CPU goes into: a part that is there at rest, and a part for each journey. */
import { type Demand, tightestOf } from '../law.ts'
import { sum } from '../spread.ts'
import { cpusOf, type Measured } from './load.ts'

type Load = Pick<Measured, 'result' | 'cpus'>
/** By program, as it was while nobody asked for anything. */
export type RestCpus = Readonly<Record<string, number>>
type DemandingHost = { readonly name: string; readonly sizeCpu: number | null; readonly programs: readonly string[] }

/** Loads that count for CPU a journey, as parts of the highest rate. Below, an app does each request alone, which costs more. */
const NEAR_HIGHEST = 0.75
/** Rates that are closer than this say nothing of what is there at rest. */
const LEAST_RATE_RATIO = 1.25

/** Journeys a second that the CPUs of the hosts allow, as the loads show; only those that were kept count, where there are any. */
export function boundOf(hosts: readonly DemandingHost[], loads: readonly Load[], rest: RestCpus, machineCpus: number): number {
  return tightestOf(demandsOf(hosts, loads, rest), machineCpus).bound
}

export function demandsOf(hosts: readonly DemandingHost[], loads: readonly Load[], rest: RestCpus): Demand[] {
  return hosts.map(({ name, sizeCpu, programs }) => ({ host: name, sizeCpu, ...demandOf(programs, loads, rest) }))
}

/**
 * Two rates or more say what is there without a journey, at the most what was seen at rest: an idle CPU that wakes up costs more
 * than the same work between other work. CPU a journey is taken at the highest rates, so that the bound is hardly any extrapolation.
 */
function demandOf(
  programs: readonly string[],
  loads: readonly Load[],
  rest: RestCpus,
): Pick<Demand, 'restCpu' | 'cpuMsPerJourney'> {
  const kept = loads.filter(({ result }) => result.kept)
  const points = (kept.length > 0 ? kept : loads).map(({ result, cpus }) => {
    return { rate: Math.max(result.finishedRate, 0.1), cpu: cpusOf(programs, cpus), seconds: result.durationS }
  })
  const restCpu = Math.min(cpusOf(programs, rest), Math.max(0, interceptOf(points)))
  const highest = Math.max(...points.map(({ rate }) => rate))
  const near = points.filter(({ rate }) => rate >= NEAR_HIGHEST * highest)
  const worked = sum(near.map(({ cpu, seconds }) => seconds * Math.max(0, cpu - restCpu)))
  return { restCpu, cpuMsPerJourney: (1_000 * worked) / sum(near.map(({ rate, seconds }) => seconds * rate)) }
}

type Point = { readonly rate: number; readonly cpu: number; readonly seconds: number }

/** CPU at no rate, on the straight line through the points; any that the rest allows where they are too close together. */
function interceptOf(points: readonly Point[]): number {
  const rates = points.map(({ rate }) => rate)
  if (Math.max(...rates) < LEAST_RATE_RATIO * Math.min(...rates)) return Number.POSITIVE_INFINITY
  const total = sum(points.map(({ seconds }) => seconds))
  const mean = (value: (point: Point) => number) => sum(points.map((point) => point.seconds * value(point))) / total
  const [rate, cpu] = [mean((point) => point.rate), mean((point) => point.cpu)]
  const slope = mean((point) => (point.rate - rate) * (point.cpu - cpu)) / mean((point) => (point.rate - rate) ** 2)
  return cpu - slope * rate
}
