import type { Spread } from '../results.ts'
import { median, spreadOf, sum } from '../spread.ts'

export type Judgement = { readonly ratio: Spread; readonly outcome: 'more' | 'less' | 'noise' }

/** Fewer rounds decide nothing: of what they say of a stage against itself, one in twenty-five is a difference. */
export const LEAST_ROUNDS = 4
/** By how many standard errors the means must be apart, and by how much at all. By simulation (noise.test.ts): less than 1 % of verdicts on a stage against itself are false. */
const STANDARD_ERRORS = 4.5
const LEAST_DIFFERENCE = Math.log(1.05)

/**
 * Whether one side's rounds are higher than the other's by more than chance. Two rules, both needed: no round of one side lies
 * among the other's, and the means are further apart than the rounds of both, in logarithms, make likely.
 */
export function judge(from: readonly number[], to: readonly number[]): Judgement {
  const ratio = ratioOf(from, to)
  const [one, other] = [from.map(Math.log), to.map(Math.log)]
  const apart = Math.abs(mean(other) - mean(one))
  const tooFew = Math.min(from.length, to.length) < LEAST_ROUNDS
  const overlap = Math.min(...to) <= Math.max(...from) && Math.min(...from) <= Math.max(...to)
  const isChance = overlap || apart <= Math.max(LEAST_DIFFERENCE, STANDARD_ERRORS * standardError(one, other))
  if (tooFew || isChance) return { ratio, outcome: 'noise' }
  return { ratio, outcome: ratio.median > 1 ? 'more' : 'less' }
}

/** Of the difference of two means, as in Student's test. */
function standardError(one: readonly number[], other: readonly number[]): number {
  const squares = squaresOf(one) + squaresOf(other)
  return Math.sqrt((squares / (one.length + other.length - 2)) * (1 / one.length + 1 / other.length))
}

function squaresOf(values: readonly number[]): number {
  return sum(values.map((value) => (value - mean(values)) ** 2))
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

/** Rounds of both sides lie side by side in time, so they are paired; the middle is that of the medians. */
function ratioOf(from: readonly number[], to: readonly number[]): Spread {
  const pairs = to.slice(0, from.length).map((value, round) => value / (from[round] ?? value))
  return { ...spreadOf(pairs), median: median(to) / median(from) }
}
