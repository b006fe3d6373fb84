/** The protocol: all stages up, warmed up and sized; then rounds in turn, until done, interrupted or failed. */

import { measuresLatency, orderOf, roundSeconds, warmUpSeconds } from '../protocol.ts'
import type { ComparedWorkload } from '../request.ts'
import { median } from '../spread.ts'
import { type ComparedStage, sizeStage } from './compared-stage.ts'
import type { Cell, RoundMeasures } from './measurements.ts'
import { type Bench, capacityOf, closeRound, findCapacity, type OpenRound, USUAL_EFFICIENCY } from './round.ts'
import { resetShop } from './shop-state.ts'
import { promisedCapacity, warmUp } from './warm-up.ts'

/** Beyond these, an earlier round was an accident and no guide. */
const LOWEST_EFFICIENCY = 0.6
const HIGHEST_EFFICIENCY = 1.6

export type Contest = { readonly stages: readonly ComparedStage[]; readonly workloads: readonly ComparedWorkload[] }

export type Listener = {
  /** What is being done now, and how many seconds that is planned to take. */
  doing(line: string, plannedS: number): void
  /** After each workload of each round. The cells grow, so that they outlive an interruption. */
  measured(cells: readonly Cell[]): void
}

export async function runComparison(bench: Bench, { stages, workloads }: Contest, listener: Listener): Promise<void> {
  const { protocol } = bench
  const pieces = await Promise.all(stages.map(({ state }) => resetShop(state, undefined)))
  const cells = workloads.flatMap((workload) => stages.map((stage) => growingCell(stage, workload, pieces[stage.index] ?? 0)))
  for (const cell of cells) {
    listener.doing(`warming up: ${cell.workload} on ${cell.stage.label}`, warmUpSeconds(protocol))
    cell.promised = await warmUp(bench.generator, cell.stage, { ...bench, workload: cell.workload })
  }
  for (const stage of stages) await sizeStage(stage)
  for (let round = 1; round <= protocol.rounds; round++) {
    for (const workload of workloads) {
      const own = cells.filter((cell) => cell.workload === workload)
      await runRound(bench, orderOf(own, round), round, listener)
      listener.measured(cells)
    }
  }
}

type GrowingCell = Cell & {
  readonly stage: ComparedStage
  readonly pieces: number
  readonly rounds: RoundMeasures[]
  promised: number
}

function growingCell(stage: ComparedStage, workload: ComparedWorkload, pieces: number): GrowingCell {
  return { stage, workload, pieces, contestant: stage.index, rounds: [], promised: 0 }
}

/** Latencies are taken at the same rates for all: those that earlier rounds give, or where there is but one round, its own. */
async function runRound(bench: Bench, cells: readonly GrowingCell[], round: number, listener: Listener): Promise<void> {
  const plannedS = roundSeconds(bench.protocol, round)
  const isLatencyMeasured = measuresLatency(bench.protocol, round)
  const smallest = isLatencyMeasured ? smallestOf(cells.map(({ rounds }) => rounds)) : undefined
  const waiting: { cell: GrowingCell; found: OpenRound }[] = []
  for (const cell of cells) {
    const { stage, workload, pieces } = cell
    listener.doing(`round ${round} of ${bench.protocol.rounds}: ${workload} on ${stage.label}`, plannedS)
    const known = { expected: expectedOf(cell), efficiency: efficiencyOf(bench, cell) }
    const found = await findCapacity(bench, { stage, workload, round, pieces, ...known })
    if (isLatencyMeasured && smallest === undefined) waiting.push({ cell, found })
    else cell.rounds.push(await closeRound(bench, found, smallest))
  }
  const own = smallestOf(waiting.map(({ found }) => [found]))
  for (const { cell, found } of waiting) cell.rounds.push(await closeRound(bench, found, own))
}

/** Of the stages' capacities, each the median of its rounds; undefined while one has none. */
function smallestOf(stages: readonly (readonly Pick<RoundMeasures, 'demand' | 'search'>[])[]): number | undefined {
  const capacities = stages.map((rounds) => rounds.map(capacityOf).filter((capacity) => capacity > 0))
  return capacities.length === 0 || capacities.some((own) => own.length === 0) ? undefined : Math.min(...capacities.map(median))
}

function expectedOf({ rounds, promised }: GrowingCell): number {
  const found = rounds.map(capacityOf).filter((capacity) => capacity > 0)
  return found.length === 0 ? promised : median(found)
}

function efficiencyOf(bench: Bench, { stage, rounds }: GrowingCell): number {
  const known = rounds.filter((round) => capacityOf(round) > 0)
  if (known.length === 0) return USUAL_EFFICIENCY
  const found = median(known.map((round) => capacityOf(round) / promisedCapacity(stage, round.demand, bench)))
  return Math.min(HIGHEST_EFFICIENCY, Math.max(LOWEST_EFFICIENCY, found))
}
