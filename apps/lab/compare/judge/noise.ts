import type { Spread } from '../results.ts'
import { median, spreadOf } from '../spread.ts'

export type Judgement = { readonly ratio: Spread; readonly outcome: 'more' | 'less' | 'noise' }

/**
 * Least difference that is taken for real, by how many rounds each side has: the fewer there are, the less their spread says.
 * Chosen by simulation (noise.test.ts) so that a stage against itself gives "noise" in at least 19 of 20 runs when rounds differ
 * by 5 % (one standard deviation), and a factor of 1.3 in three rounds is found in as many.
 */
const LEAST_DIFFERENCE = [Number.POSITIVE_INFINITY, 0.4, 0.2, 0.06, 0.05]

/**
 * Whether one side's rounds are higher than the other's by more than chance. Two rules, both needed: no round of one side lies
 * among the other's, and the medians are further apart than the rounds of either side are among themselves.
 */
export function judge(from: readonly number[], to: readonly number[]): Judgement {
  const ratio = ratioOf(from, to)
  const rounds = Math.min(from.length, to.length)
  const least = Math.log(1 + (LEAST_DIFFERENCE[rounds] ?? LEAST_DIFFERENCE.at(-1) ?? 0))
  const apart = Math.abs(Math.log(median(to) / median(from)))
  const overlap = Math.min(...to) <= Math.max(...from) && Math.min(...from) <= Math.max(...to)
  if (overlap || apart <= least || apart <= Math.max(rangeOf(from), rangeOf(to))) return { ratio, outcome: 'noise' }
  return { ratio, outcome: ratio.median > 1 ? 'more' : 'less' }
}

/** Rounds of both sides lie side by side in time, so they are paired; the middle is that of the medians. */
function ratioOf(from: readonly number[], to: readonly number[]): Spread {
  const pairs = to.slice(0, from.length).map((value, round) => value / (from[round] ?? value))
  return { ...spreadOf(pairs), median: median(to) / median(from) }
}

function rangeOf(values: readonly number[]): number {
  return Math.log(Math.max(...values) / Math.min(...values))
}
