/** Rounds that differ from the others of their stage and workload. */
import { median } from '../spread.ts'
import { capacityOf } from './capacity.ts'
import type { RoundMeasures } from './measurements.ts'
import { pausesOf } from './pauses.ts'

/** Rounds of a stage left alone lie within a tenth of their median. */
const ODD_RATIO = 1.2
/** With fewer there is no telling which is the odd one. */
const LEAST_ROUNDS = 3

export type OddRound = { readonly round: number; readonly capacity: number; readonly usual: number; readonly why: string }

export function oddRounds(rounds: readonly RoundMeasures[]): OddRound[] {
  if (rounds.length < LEAST_ROUNDS) return []
  const usual = median(rounds.map(capacityOf))
  const odd = rounds.filter((round) => Math.max(capacityOf(round) / usual, usual / capacityOf(round)) > ODD_RATIO)
  return odd.map((round) => ({ round: round.round, capacity: capacityOf(round), usual, why: whyOf(round) }))
}

function whyOf({ demand, search }: RoundMeasures): string {
  const pauses = new Set([demand, ...search].flatMap(pausesOf))
  return pauses.size > 0 ? [...pauses].join('; ') : 'nothing that is watched explains it'
}
