/** One stage under one workload in one round: reset, reference, CPU demand, the search; later latencies and invariants. */

import { eventualFindings } from '../../invariants/eventual-findings.ts'
import { parseHistory } from '../../invariants/history.ts'
import type { Snapshot } from '../../invariants/snapshot.ts'
import { invariantResults } from '../../load/invariant-results.ts'
import { memoryMiB } from '../../load/program-use.ts'
import { DEMAND_SHARE, type Protocol } from '../protocol.ts'
import type { ComparedWorkload } from '../request.ts'
import type { ComparedStage } from '../stages/compared-stage.ts'
import { capacityOf } from './capacity.ts'
import { searchCapacity } from './capacity-search.ts'
import type { RestCpus } from './demand.ts'
import { cpusOf, type Generator, type Load, type Measured, measure } from './load.ts'
import type { RoundMeasures } from './measurements.ts'
import { CROWDED_IDLE_SHARE } from './pauses.ts'
import type { Reference } from './reference.ts'
import { oneDecimal } from './search.ts'
import { lockWaitMs, resetShop, snapshots } from './shop-state.ts'
import { promisedCapacity } from './warm-up.ts'

/** What a first search expects of the bound: a journey that waits for its turn takes time too. */
export const USUAL_EFFICIENCY = 0.95
/** Where not even the load for CPU demand is kept, the search begins below it. */
const BELOW_DEMAND = 0.8
/** A stage that cannot keep up has a host above this part of its size. */
const SATURATED_SHARE = 0.85

export type Bench = {
  readonly generator: Generator
  readonly reference: Reference
  readonly protocol: Protocol
  readonly sizeCpu: number | null
  readonly machineCpus: number
  note(line: string): void
  /** Whether there is time for something that is not in the plan. */
  allows(seconds: number): boolean
}

export type Turn = {
  readonly stage: ComparedStage
  readonly workload: ComparedWorkload
  /** Counts from 1. */
  readonly round: number
  /** Journeys a second: what earlier rounds found, or in the first what the warm-up promises. */
  readonly expected: number
  /** Capacity ÷ what the load for CPU demand promised in earlier rounds: with this round's CPU demand it says where to search, however fast the machine is now. */
  readonly efficiency: number
  /** Capacity ÷ bound in earlier rounds; undefined in the first. */
  readonly usualShare: number | undefined
  readonly rest: RestCpus
  /** Pieces on the shelves of a fresh shop. */
  readonly pieces: number
}

/** A round whose capacity is known and whose shop has not been checked yet. */
export type OpenRound = Omit<RoundMeasures, 'latency' | 'invariants' | 'memoryMiB'> & {
  readonly turn: Turn
  readonly before: Snapshot
  readonly take: () => Promise<Snapshot>
}

export async function findCapacity(bench: Bench, turn: Turn): Promise<OpenRound> {
  const { stage, round } = turn
  const { before, take } = await stage.held.atFullSpeed(async () => {
    await resetShop(stage.state, turn.pieces)
    return snapshots(stage.state)
  })
  const runReference = () => bench.reference.run(bench.protocol.referenceRuns, bench.generator.signal)
  const referenceBefore = await runReference()
  const locksBefore = await lockWaitMs(stage.state)
  const { demand, discarded } = await measureDemand(bench, turn)
  const tried = await search(bench, turn, demand)
  const lockWait = (await lockWaitMs(stage.state)) - locksBefore
  // Before and after, as one of the two may have met somebody else's burst.
  const referenceMs = (referenceBefore + (await runReference())) / 2
  return { turn, round, referenceMs, discarded, demand, search: tried, before, take, lockWaitMs: lockWait }
}

/** Latencies at the same rates for all stages, then the check that nothing was lost or made up. */
export async function closeRound(bench: Bench, open: OpenRound, smallestCapacity: number | undefined): Promise<RoundMeasures> {
  const { turn, before, take, ...measures } = open
  const latency: { share: number; measured: Measured }[] = []
  for (const share of smallestCapacity === undefined ? [] : bench.protocol.latencyShares) {
    const rate = share * (smallestCapacity ?? 0)
    latency.push({ share, measured: await load(bench, turn, { purpose: 'latency', rate, durationS: bench.protocol.latencyS }) })
  }
  const loads = [...measures.discarded, measures.demand, ...measures.search, ...latency.map(({ measured }) => measured)]
  const history = parseHistory(loads.map((one) => one.history).join('\n'))
  const takeQuickly = () => turn.stage.held.atFullSpeed(take)
  const { findings, after } = await eventualFindings(before, history, { take: takeQuickly })
  const invariants = invariantResults(findings, { before, after, history })
  return { ...measures, latency, invariants, memoryMiB: memoryOf(turn.stage) }
}

/** Capacity ÷ the bound that the loads of a round set. */
export function shareOf(
  { sizeCpu, machineCpus }: Pick<Bench, 'sizeCpu' | 'machineCpus'>,
  { stage, rest }: Pick<Turn, 'stage' | 'rest'>,
  { demand, search }: Pick<RoundMeasures, 'demand' | 'search'>,
): number {
  return capacityOf({ demand, search }) / promisedCapacity(stage, [demand, ...search], { sizeCpu, machineCpus, rest })
}

/** A stage that does not keep up shows its queue and not its demand: then once more, at less. */
async function measureDemand(bench: Bench, turn: Turn): Promise<{ demand: Measured; discarded: Measured[] }> {
  const rate = DEMAND_SHARE * turn.expected
  const leadIn = await load(bench, turn, { purpose: 'warm-up', rate, durationS: bench.protocol.leadInS })
  const first = await load(bench, turn, { purpose: 'demand', rate, durationS: bench.protocol.demandS })
  if (first.result.kept) return { demand: first, discarded: [leadIn] }
  const second = { purpose: 'demand', rate: BELOW_DEMAND * rate, durationS: bench.protocol.demandS } as const
  return { demand: await load(bench, turn, second), discarded: [leadIn, first] }
}

async function search(bench: Bench, turn: Turn, demand: Measured): Promise<Measured[]> {
  const { protocol, sizeCpu, machineCpus } = bench
  const boundOf = (loads: readonly Measured[]) => promisedCapacity(turn.stage, loads, { sizeCpu, machineCpus, rest: turn.rest })
  const durationS = protocol.searchS
  const tried = await searchCapacity(
    {
      guess: demand.result.kept ? turn.efficiency * boundOf([demand]) : BELOW_DEMAND * demand.result.offeredRate,
      mostTrials: turn.round === 1 ? protocol.firstSearchTrials : protocol.laterSearchTrials,
      mostRepeats: sizeCpu === null ? 0 : protocol.mostRepeats,
      usualShare: turn.usualShare,
      load: (rate) => load(bench, turn, { purpose: 'search', rate, durationS }),
      boundOf,
      isHiccup: (measured) => isHiccup(turn.stage, measured, sizeCpu),
      allowsRepeat: () => bench.allows(durationS),
    },
    demand,
  )
  const kept = capacityOf({ demand, search: tried })
  bench.note(kept === 0 ? 'kept up with none of the rates tried' : `kept up with ${oneDecimal(kept)} journeys a second`)
  return tried
}

/** Missed for another reason than load: the machine was crowded, or no host of the stage was near its size (a burst of compiling, a pause). */
function isHiccup({ plan }: ComparedStage, { result, cpus, machine }: Measured, sizeCpu: number | null): boolean {
  if (result.kept || sizeCpu === null) return false
  const own = plan.hosts.filter(({ sized }) => sized)
  const saturated = own.some(({ programs }) => cpusOf(programs, cpus) > SATURATED_SHARE * sizeCpu)
  return machine.idleShare < CROWDED_IDLE_SHARE || !saturated
}

async function load(
  bench: Bench,
  { stage, workload, round }: Turn,
  rest: Pick<Load, 'purpose' | 'rate' | 'durationS'>,
): Promise<Measured> {
  return measure(bench.generator, stage, { workload, round, ...rest, rate: oneDecimal(rest.rate) })
}

/** Memory by host. */
function memoryOf({ plan, state }: ComparedStage): Record<string, number> {
  const byHost = plan.hosts.map(({ name, programs }) => {
    const own = state.programs.filter((program) => programs.includes(program.name))
    return [name, own.reduce((total, { pid }) => total + (memoryMiB(pid) ?? 0), 0)]
  })
  return Object.fromEntries(byHost)
}
