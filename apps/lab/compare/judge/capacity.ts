/** What a stage carries, round by round, from two measurements of it that fail in different ways. */
import { tightestOf } from '../law.ts'
import { type Cell, loadsOf, type MeasuredStage, type RoundMeasures } from '../measure/measurements.ts'
import { cpusOf } from '../measure/probe.ts'
import { capacityOf } from '../measure/round.ts'
import { median, sum } from '../spread.ts'

/** A machine drifts slowly and a little; more than this is a burst that hit the reference and may have missed the rest. */
const MOST_DRIFT = 0.2

/** A round in which nothing was kept says that the stage was not there, not how fast it is. */
export function measuredRounds({ rounds }: Cell): readonly RoundMeasures[] {
  return rounds.filter((round) => capacityOf(round) > 0)
}

/**
 * The geometric mean of the highest rate that was kept, which one pause can lower by a fifth, and of what the law allows at the CPU
 * demand measured in the same round, which is steady. Measured twice, five rounds each: the search alone gave stage 3 ÷ stage 2 as
 * 2.37 and 1.92, the mean of both as 2.37 and 2.13. Without sizes nothing is bound but the machine, and the search stands alone.
 */
export function capacitiesOf(stage: MeasuredStage, cell: Cell, cells: readonly Cell[]): number[] {
  if (stage.hosts.some(({ own, sizeCpu }) => own && sizeCpu === null)) return keptOf(cell, cells)
  return measuredRounds(cell).map((round) => Math.sqrt(capacityOf(round) * boundOf(stage, round)) * driftOf(round, cells))
}

/** What the search alone has found. */
export function keptOf(cell: Cell, cells: readonly Cell[]): number[] {
  return measuredRounds(cell).map((round) => capacityOf(round) * driftOf(round, cells))
}

/** Rounds in which the reference took longer count for more: the machine was slower, not the stage. */
function driftOf({ referenceMs }: RoundMeasures, cells: readonly Cell[]): number {
  const usual = median(cells.flatMap(({ rounds }) => rounds.map((round) => round.referenceMs)))
  return Math.min(1 + MOST_DRIFT, Math.max(1 / (1 + MOST_DRIFT), referenceMs / usual))
}

function boundOf({ hosts }: MeasuredStage, round: RoundMeasures): number {
  const own = hosts.filter((host) => host.own)
  const demands = own.map(({ name, sizeCpu, programs }) => ({ host: name, sizeCpu, cpuMsPerJourney: demandOf(round, programs) }))
  return tightestOf(demands, Number.NaN).bound
}

/** Loads that count for a round's CPU demand, as parts of its capacity. Below, an app does each request alone, which costs more. */
const NEAR_CAPACITY = 0.75

/** CPU a journey, over all the round's loads that were kept and are near its capacity: the more journeys, the steadier. */
export function demandOf(round: RoundMeasures, programs: readonly string[]): number {
  const least = NEAR_CAPACITY * capacityOf(round)
  const loads = loadsOf(round).filter(({ probe }) => probe.kept && probe.finishedRate >= least)
  const journeys = sum(loads.map(({ probe }) => probe.finishedRate * probe.durationS))
  return (1_000 * sum(loads.map(({ probe, cpus }) => probe.durationS * cpusOf(programs, cpus)))) / journeys
}
