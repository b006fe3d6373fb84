import { SHARES } from '../protocol.ts'

/** A rate that was tried, and whether the stage kept the limits at it. */
export type Trial = { readonly rate: number; readonly kept: boolean }

/** Closer than this, a failed rate and a kept one are no further apart than the knee is sharp. */
const RESOLUTION = 1.04
/** The first guess comes from CPU demand at half load, where a journey costs up to a quarter more than near the knee. */
const STEP_UP = 1.15
const STEP_DOWN = 0.9
/** After this many the guess itself was wrong, and the way is taken in leaps. */
const STEPS = 2
const LEAP_UP = 1.3
const LEAP_DOWN = 0.75
/** A stage that keeps nothing gets so many more trials to find a rate that it does keep. */
const RESCUE_TRIALS = 4
/**
 * One that has failed at nothing gets so many times the trials: work that comes cheaper in batches carries half as much again as the
 * CPU demand at half load promises.
 */
const MORE_ABOVE = 2
/** Shares of two rounds that differ by less are the same. */
const SAME_SHARE = 0.1

/**
 * The next rate of a bounded search for the highest that is kept; undefined when it is over. The knee is noisy, so a failure
 * below a rate that was kept counts as chance.
 */
export function nextRate(guess: number, trials: readonly Trial[], mostTrials: number): number | undefined {
  const kept = highestKept(trials)
  const failed = lowestFailedAbove(kept ?? 0, trials)
  if (trials.length >= budgetOf(kept, failed, mostTrials)) return undefined
  if (trials.length === 0) return oneDecimal(guess)
  if (kept === undefined) return stepDown(failed ?? guess, trials.length)
  if (failed === undefined) return oneDecimal(kept * (trials.length <= STEPS ? STEP_UP : LEAP_UP))
  const between = oneDecimal(Math.sqrt(kept * failed))
  return failed / kept <= RESOLUTION || between <= kept || between >= failed ? undefined : between
}

/**
 * The trial to make again where a search that is over does not fit the bound: it failed although the CPU had room, or was kept
 * although the CPU had none. Undefined where it fits, or where earlier rounds ended with the same share: then it is no accident.
 */
export function doubtfulTrial(trials: readonly Trial[], share: number, usualShare: number | undefined): Trial | undefined {
  const kept = highestKept(trials)
  const fits = share >= SHARES.least && share <= SHARES.most
  if (kept === undefined || fits || (usualShare !== undefined && Math.abs(share / usualShare - 1) < SAME_SHARE)) return undefined
  if (share > SHARES.most) return trials.find(({ rate }) => rate === kept)
  const failed = lowestFailedAbove(kept, trials)
  return trials.find(({ rate }) => rate === failed) ?? { rate: oneDecimal(kept * STEP_UP), kept: false }
}

export function highestKept(trials: readonly Trial[]): number | undefined {
  const rates = trials.filter(({ kept }) => kept).map(({ rate }) => rate)
  return rates.length === 0 ? undefined : Math.max(...rates)
}

function budgetOf(kept: number | undefined, failed: number | undefined, mostTrials: number): number {
  if (kept === undefined) return mostTrials + RESCUE_TRIALS
  return failed === undefined ? MORE_ABOVE * mostTrials : mostTrials
}

function lowestFailedAbove(rate: number, trials: readonly Trial[]): number | undefined {
  const rates = trials.filter((trial) => !trial.kept && trial.rate > rate).map((trial) => trial.rate)
  return rates.length === 0 ? undefined : Math.min(...rates)
}

function stepDown(failed: number, failures: number): number {
  return oneDecimal(failed * (failures <= STEPS ? STEP_DOWN : LEAP_DOWN))
}

/** k6 takes journeys a second to one decimal. */
export function oneDecimal(rate: number): number {
  return Math.max(0.1, Math.round(rate * 10) / 10)
}
