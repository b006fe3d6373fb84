/** What a stage carries, round by round, from two measurements of it that fail in different ways. */
import { capacityOf } from '../measure/capacity.ts'
import { boundOf } from '../measure/demand.ts'
import { type Cell, loadsOf, type MeasuredStage, type RoundMeasures } from '../measure/measurements.ts'
import { median } from '../spread.ts'
import { BUSY_SHARE } from './bottleneck.ts'

/** A machine drifts slowly and a little; more than this is a burst that hit the reference and may have missed the rest. */
const MOST_DRIFT = 0.2

/** A round in which nothing was kept says that the stage was not there, not how fast it is. */
export function measuredRounds({ rounds }: Cell): readonly RoundMeasures[] {
  return rounds.filter((round) => capacityOf(round) > 0)
}

/**
 * The geometric mean of the highest rate that was kept, which one pause can lower by a fifth, and of what the law allows at the CPU
 * demand measured in the same round, which is steady. Measured twice, five rounds each: the search alone gave stage 3 ÷ stage 2 as
 * 2.37 and 1.92, the mean of both as 2.37 and 2.13. Where something else than CPU ends the search, the law says nothing of what a
 * stage carries, and the search stands alone; so it does without sizes, where nothing is bound but the machine.
 */
export function capacitiesOf(stage: MeasuredStage, cell: Cell, cells: readonly Cell[]): number[] {
  if (isUnsized(stage) || median(sharesOf(stage, cell)) < BUSY_SHARE) return keptOf(cell, cells)
  return measuredRounds(cell).map((round) => {
    return Math.sqrt(capacityOf(round) * boundOfRound(stage, cell, round)) * driftOf(round, cells)
  })
}

/** What the search alone has found. */
function keptOf(cell: Cell, cells: readonly Cell[]): number[] {
  return measuredRounds(cell).map((round) => capacityOf(round) * driftOf(round, cells))
}

/** What the law allows. */
export function boundsOf(stage: MeasuredStage, cell: Cell, cells: readonly Cell[], machineCpus: number): number[] {
  return measuredRounds(cell).map((round) => boundOfRound(stage, cell, round, machineCpus) * driftOf(round, cells))
}

/** Highest rate kept ÷ bound, both of one round: what slows the machine for a while slows both. */
export function sharesOf(stage: MeasuredStage, cell: Cell, machineCpus = Number.NaN): number[] {
  return measuredRounds(cell).map((round) => capacityOf(round) / boundOfRound(stage, cell, round, machineCpus))
}

/** Rounds in which the reference took longer count for more: the machine was slower, not the stage. */
function driftOf({ referenceMs }: RoundMeasures, cells: readonly Cell[]): number {
  const usual = median(cells.flatMap(({ rounds }) => rounds.map((round) => round.referenceMs)))
  return Math.min(1 + MOST_DRIFT, Math.max(1 / (1 + MOST_DRIFT), referenceMs / usual))
}

function boundOfRound({ hosts }: MeasuredStage, { rest }: Cell, round: RoundMeasures, machineCpus = Number.NaN): number {
  return boundOf(
    hosts.filter(({ own }) => own),
    loadsOf(round),
    rest,
    machineCpus,
  )
}

function isUnsized({ hosts }: MeasuredStage): boolean {
  return hosts.some(({ own, sizeCpu }) => own && sizeCpu === null)
}
