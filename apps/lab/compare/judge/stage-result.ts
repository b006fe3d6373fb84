/** Makes of a stage's rounds what the report says about it. */
import { planOf } from '../../../../infra/stage/plan.ts'
import type { Stage } from '../../../../infra/stage/topology.ts'
import { demandsOf } from '../measure/demand.ts'
import { cpusOf, type Measured } from '../measure/load.ts'
import { type Cell, loadsOf, type MeasuredStage, type Measurements, type RoundMeasures } from '../measure/measurements.ts'
import type { HostUse, Latency, StageResult, WorkloadResult } from '../results.ts'
import { median, spreadOf, sum } from '../spread.ts'
import { adviceOn } from './advice.ts'
import { chainOf, type Evidence, type JourneyWait, limitOf } from './bottleneck.ts'
import { boundsOf, capacitiesOf, measuredRounds, sharesOf } from './capacity.ts'
import { shardsOf } from './shards.ts'

export function stageResult(measurements: Measurements, index: number, catalogue: readonly Stage[]): StageResult {
  const measured = measurements.stages[index]
  if (!measured) throw new Error(`there is no contestant ${index}`)
  const { contestant, label, diagram, settings, hosts } = measured
  const cells = measurements.cells.filter((cell) => cell.contestant === index && measuredRounds(cell).length > 0)
  return {
    stage: contestant.stage.number,
    name: label,
    adds: contestant.stage.adds,
    diagram,
    settings: { ...settings },
    hostsUsed: hosts.filter(({ own }) => own).length,
    workloads: cells.map((cell) => workloadResult(measurements, measured, cell, catalogue)),
  }
}

function workloadResult(
  measurements: Measurements,
  stage: MeasuredStage,
  cell: Cell,
  catalogue: readonly Stage[],
): WorkloadResult {
  const rounds = measuredRounds(cell)
  const capacityByRound = capacitiesOf(stage, cell, measurements.cells)
  const capacity = spreadOf(capacityByRound)
  const hosts = hostUses(stage, cell, rounds)
  const latency = latenciesOf(rounds)
  const { cpus } = measurements.machine
  const evidence = evidenceOf(measurements, stage, rounds, {
    hosts,
    bound: median(boundsOf(stage, cell, measurements.cells, cpus)),
    share: median(sharesOf(stage, cell, cpus)),
  })
  const queries = queriesOf(rounds)
  const { nature, kind, host, bound, share, why } = limitOf(evidence)
  const availability = availabilityOf(rounds)
  const advice = adviceOn(stage.contestant.stage, { nature, kind, host, bound, share, why }, availability, catalogue)
  const metrics = rounds.flatMap(({ demand }) => demand.metrics ?? [])
  return {
    workload: cell.workload,
    capacity,
    capacityByRound,
    referenceMsByRound: rounds.map(({ referenceMs }) => referenceMs),
    latency,
    availability,
    bottleneck: { host, why, bound, share, waits: chainOf(evidence), advice },
    cpuMsPerJourney: sum(hosts.map(({ cpuMsPerJourney }) => cpuMsPerJourney)),
    restCpu: sum(hosts.map(({ restCpu = 0 }) => restCpu)),
    queriesPerJourney: sum(queries.map(({ perJourney }) => perJourney)),
    queryMs: meanQueryMs(queries),
    cacheHitShare: medianOrNull(metrics.map(({ cacheHitShare }) => cacheHitShare)),
    loopDelayP99Ms: evidence.loopDelayP99Ms,
    poolWaitMsPerQuery: evidence.poolWaitMsPerQuery,
    lockWaitMsPerJourney: evidence.lockWaitMsPerJourney,
    hosts,
    ...shardsOf(stage, hosts, rounds),
    costPerThousandJourneys: (1_000 * hosts.length) / capacity.median,
    loads: cell.rounds.flatMap((round) => [...round.discarded, ...loadsOf(round)].map(({ result }) => result)),
    invariants: cell.rounds.flatMap(({ round, invariants }) =>
      invariants.map(({ name, kept, detail }) => ({ name: `${name}, round ${round}`, ok: kept, detail })),
    ),
  }
}

/** The load at which a round's capacity was found. */
function atCapacity(round: RoundMeasures): Measured {
  const kept = [round.demand, ...round.search].filter(({ result }) => result.kept)
  return kept.reduce((one, other) => (other.result.finishedRate > one.result.finishedRate ? other : one), round.demand)
}

/** The hosts of the stage's own: what others run is not for it to pay. */
function hostUses({ hosts }: MeasuredStage, { rest }: Cell, rounds: readonly RoundMeasures[]): HostUse[] {
  const own = hosts.filter((host) => host.own)
  const demands = rounds.map((round) => demandsOf(own, loadsOf(round), rest))
  return own.map(({ name, kind, sizeCpu, programs }, index) => ({
    host: name,
    kind,
    sizeCpu,
    restCpu: median(demands.map((round) => round[index]?.restCpu ?? 0)),
    cpuMsPerJourney: median(demands.map((round) => round[index]?.cpuMsPerJourney ?? 0)),
    shareAtCapacity: median(rounds.map((round) => cpusOf(programs, atCapacity(round).cpus) / (sizeCpu ?? 1))),
    memoryMiB: median(rounds.map(({ memoryMiB }) => memoryMiB[name] ?? 0)),
  }))
}

function evidenceOf(
  { machine }: Measurements,
  { hosts }: MeasuredStage,
  rounds: readonly RoundMeasures[],
  known: Pick<Evidence, 'hosts' | 'bound' | 'share'>,
): Evidence {
  const peaks = rounds.map(atCapacity)
  const peakMetrics = peaks.flatMap(({ metrics }) => metrics ?? [])
  return {
    ...known,
    machineCpus: machine.cpus,
    programShares: programSharesOf(hosts, peaks),
    waits: waitsOf(peaks),
    poolWaitMsPerQuery: medianOrNull(peakMetrics.map(({ poolWaitMsPerQuery }) => poolWaitMsPerQuery)),
    loopDelayP99Ms: medianOrNull(peakMetrics.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
    lockWaitMsPerJourney: median(rounds.map(lockWaitPerJourney)),
    journeyMs: median(peaks.map(({ result }) => result.p50Ms)),
  }
}

function programSharesOf(hosts: MeasuredStage['hosts'], peaks: readonly Measured[]): Evidence['programShares'] {
  const shared = hosts.filter(({ programs }) => programs.length > 1)
  return Object.fromEntries(shared.map(({ name, programs }) => [name, partsOf(programs, peaks)]))
}

function partsOf(programs: readonly string[], peaks: readonly Measured[]): Record<string, number> {
  const shares = programs.map((program) => {
    const parts = peaks.map(({ cpus }) => (cpus[program] ?? 0) / Math.max(1e-6, cpusOf(programs, cpus)))
    return [program, median(parts)]
  })
  return Object.fromEntries(shares)
}

/** What a journey waits for at capacity. */
function waitsOf(peaks: readonly Measured[]): JourneyWait[] {
  const readings = peaks.flatMap(({ metrics, result }) =>
    (metrics?.waits ?? []).map(({ kind, of, count, msEach }) => ({ kind, of, msEach, perJourney: count / journeysOf(result) })),
  )
  return [...Map.groupBy(readings, ({ kind, of }) => `${kind} ${of}`).values()].flatMap((own) => {
    const [first] = own
    const middle = {
      perJourney: median(own.map(({ perJourney }) => perJourney)),
      msEach: median(own.map(({ msEach }) => msEach)),
    }
    return first ? [{ kind: first.kind, of: first.of, ...middle }] : []
  })
}

function journeysOf({ finishedRate, durationS }: Measured['result']): number {
  return Math.max(1, finishedRate * durationS)
}

type Queries = readonly { readonly database: string; readonly perJourney: number; readonly msEach: number }[]

/** Well below capacity. */
function queriesOf(rounds: readonly RoundMeasures[]): Queries {
  const readings = rounds.flatMap(({ demand: { metrics, result } }) =>
    (metrics?.queries ?? []).map(({ database, count, msEach }) => {
      return { database, perJourney: count / journeysOf(result), msEach }
    }),
  )
  return [...Map.groupBy(readings, ({ database }) => database)].map(([database, own]) => ({
    database,
    perJourney: median(own.map(({ perJourney }) => perJourney)),
    msEach: median(own.map(({ msEach }) => msEach)),
  }))
}

function meanQueryMs(queries: Queries): number {
  const perJourney = sum(queries.map(({ perJourney }) => perJourney))
  return perJourney === 0 ? 0 : sum(queries.map(({ perJourney, msEach }) => perJourney * msEach)) / perJourney
}

function latenciesOf(rounds: readonly RoundMeasures[]): Latency[] {
  const all = rounds.flatMap(({ latency }) => latency)
  return [...Map.groupBy(all, ({ share }) => share)].map(([share, own]) => ({
    shareOfSmallestCapacity: share,
    rate: median(own.map(({ measured }) => measured.result.offeredRate)),
    p50Ms: spreadOf(own.map(({ measured }) => measured.result.p50Ms)),
    p95Ms: spreadOf(own.map(({ measured }) => measured.result.p95Ms)),
    p99Ms: spreadOf(own.map(({ measured }) => measured.result.p99Ms)),
    p50MsByRound: own.map(({ measured }) => measured.result.p50Ms),
  }))
}

/** Over the loads that the stage is meant to carry; above its capacity every stage fails. */
function availabilityOf(rounds: readonly RoundMeasures[]): number {
  const within = rounds.flatMap((round) => [round.demand, ...round.latency.map(({ measured }) => measured), atCapacity(round)])
  const sent = sum(within.map(({ requests }) => requests.sent))
  return sent === 0 ? 0 : 1 - sum(within.map(({ requests }) => requests.failed)) / sent
}

function lockWaitPerJourney({ lockWaitMs, demand, search }: RoundMeasures): number {
  const journeys = sum([demand, ...search].map(({ result }) => result.finishedRate * result.durationS))
  return lockWaitMs / Math.max(1, journeys)
}

function medianOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : median(known)
}

/** What of a stage the report needs to know beside its figures. */
export function measuredStage(
  contestant: MeasuredStage['contestant'],
  label: string,
  diagram: string,
  sizeCpu: number | null,
): MeasuredStage {
  const plan = planOf(contestant.stage, { portBase: 0, set: contestant.set })
  const hasBuckets = (name: string) => plan.programs.some((one) => one.name === name && 'bucketsOf' in one)
  const hosts = plan.hosts.map(({ name, sized, programs }) => {
    const kinds = programs.map((program) => plan.programs.find((other) => other.name === program)?.kind ?? '')
    const kind = [...new Set(kinds)].toSorted().join('+')
    return { name, kind, sizeCpu: sized ? sizeCpu : null, own: sized, programs, shards: programs.filter(hasBuckets) }
  })
  return { contestant, label, diagram, settings: { ...plan.settings }, hosts }
}
