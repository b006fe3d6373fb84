/** The protocol: all stages up, warmed up and sized; then rounds in turn, until done, interrupted or failed. */

import { orderOf, roundSeconds, warmUpSeconds } from '../protocol.ts'
import type { ComparedWorkload } from '../request.ts'
import { median } from '../spread.ts'
import type { ComparedStage } from '../stages/compared-stage.ts'
import { capacityOf } from './capacity.ts'
import { customersFor, logInCustomers } from './customers.ts'
import type { RestCpus } from './demand.ts'
import type { Cell, RoundMeasures } from './measurements.ts'
import { oddRounds } from './odd-rounds.ts'
import { measureRest } from './rest.ts'
import { type Bench, closeRound, findCapacity, type OpenRound, shareOf, type Turn, USUAL_EFFICIENCY } from './round.ts'
import { resetShop } from './shop-state.ts'
import { promisedCapacity, WARM_UP_RATES, warmUp } from './warm-up.ts'

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

export async function runComparison(bench: Bench, contest: Contest, listener: Listener): Promise<void> {
  const { protocol } = bench
  const { workloads } = contest
  const pieces = await Promise.all(contest.stages.map(({ state }) => resetShop(state, undefined)))
  const stages = await withCustomers(bench, contest, listener)
  const cells = workloads.flatMap((workload) => stages.map((stage) => growingCell(stage, workload, pieces[stage.index] ?? 0)))
  for (const cell of cells) {
    listener.doing(`warming up: ${cell.workload} on ${cell.stage.label}`, warmUpSeconds(protocol))
    cell.promised = await warmUp(bench.generator, cell.stage, { ...bench, workload: cell.workload })
  }
  for (const { held } of stages) await held.size()
  listener.doing('at rest: what the stages take while nobody asks', protocol.restS)
  const rests = await measureRest(stages, protocol.restS, bench.generator.signal)
  for (const cell of cells) cell.rest = rests[cell.contestant] ?? {}
  for (let round = 1; round <= protocol.rounds; round++) {
    for (const workload of workloads) {
      const own = cells.filter((cell) => cell.workload === workload)
      await runRound(bench, orderOf(own, round), round, listener)
      listener.measured(cells)
    }
  }
  for (const workload of workloads) {
    await measureOddAgain(
      bench,
      cells.filter((cell) => cell.workload === workload),
      listener,
    )
    listener.measured(cells)
  }
}

/** At full speed, as hashing a password is dear on purpose and no part of what is measured. */
async function withCustomers(bench: Bench, { stages, workloads }: Contest, listener: Listener): Promise<ComparedStage[]> {
  const ordersPerS = Math.max(0, ...workloads.filter((workload) => workload !== 'browse').map((one) => WARM_UP_RATES[one]))
  if (ordersPerS === 0) return [...stages]
  const ready: ComparedStage[] = []
  for (const stage of stages) {
    const emails = customersFor(ordersPerS, stage.state.settings)
    listener.doing(`logging in ${emails.length} customers of ${stage.label}`, 0)
    ready.push({ ...stage, customers: await logInCustomers(stage, emails, bench.generator.signal) })
  }
  return ready
}

type GrowingCell = Cell & {
  readonly stage: ComparedStage
  readonly pieces: number
  readonly rounds: RoundMeasures[]
  rest: RestCpus
  promised: number
}

function growingCell(stage: ComparedStage, workload: ComparedWorkload, pieces: number): GrowingCell {
  return { stage, workload, pieces, contestant: stage.index, rest: {}, rounds: [], promised: 0 }
}

/** Latencies are taken at the same rates for all: those that earlier rounds give, or in the first round its own. */
async function runRound(bench: Bench, cells: readonly GrowingCell[], round: number, listener: Listener): Promise<void> {
  const plannedS = roundSeconds(bench.protocol, round)
  const earlier = smallestOf(cells.map(({ rounds }) => rounds))
  const waiting: { cell: GrowingCell; found: OpenRound }[] = []
  for (const cell of cells) {
    listener.doing(`round ${round} of ${bench.protocol.rounds}: ${cell.workload} on ${cell.stage.label}`, plannedS)
    const found = await findCapacity(bench, turnOf(bench, cell, round))
    if (earlier === undefined) waiting.push({ cell, found })
    else cell.rounds.push(await closeRound(bench, found, earlier))
  }
  const own = smallestOf(waiting.map(({ found }) => [found]))
  for (const { cell, found } of waiting) cell.rounds.push(await closeRound(bench, found, own))
}

/**
 * A stage with a round that differs gets another, where there is time, and both count: to leave out what differs would make the
 * rounds of a noisy machine look alike, and a stage different from itself.
 */
async function measureOddAgain(bench: Bench, cells: readonly GrowingCell[], listener: Listener): Promise<void> {
  const { protocol } = bench
  const plannedS = roundSeconds(protocol, protocol.rounds)
  for (const cell of cells) {
    const [odd] = oddRounds(cell.rounds)
    if (odd === undefined || protocol.mostRepeats === 0 || !bench.allows(plannedS)) continue
    listener.doing(`one more round, as round ${odd.round} differs: ${cell.workload} on ${cell.stage.label}`, 0)
    const found = await findCapacity(bench, turnOf(bench, cell, protocol.rounds + 1))
    cell.rounds.push(await closeRound(bench, found, smallestOf(cells.map(({ rounds }) => rounds))))
  }
}

function turnOf(bench: Bench, cell: GrowingCell, round: number): Turn {
  const { stage, workload, pieces, rest, rounds } = cell
  const known = rounds.filter((one) => capacityOf(one) > 0)
  const usualShare = known.length === 0 ? undefined : median(known.map((one) => shareOf(bench, cell, one)))
  return { stage, workload, round, pieces, rest, usualShare, expected: expectedOf(cell), efficiency: efficiencyOf(bench, cell) }
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

function efficiencyOf(bench: Bench, { stage, rest, rounds }: GrowingCell): number {
  const known = rounds.filter((round) => capacityOf(round) > 0)
  if (known.length === 0) return USUAL_EFFICIENCY
  const found = median(known.map((round) => capacityOf(round) / promisedCapacity(stage, [round.demand], { ...bench, rest })))
  return Math.min(HIGHEST_EFFICIENCY, Math.max(LOWEST_EFFICIENCY, found))
}
