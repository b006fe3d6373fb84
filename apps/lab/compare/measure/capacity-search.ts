import { capacityOf } from './capacity.ts'
import type { Measured } from './load.ts'
import { doubtfulTrial, nextRate, type Trial } from './search.ts'

export type Search = {
  readonly guess: number
  readonly mostTrials: number
  /** Trials that may be made again, because they were missed for another reason than load, or do not fit the bound. */
  readonly mostRepeats: number
  /** Capacity ÷ bound at the end of earlier rounds; undefined in the first. */
  readonly usualShare: number | undefined
  load(rate: number): Promise<Measured>
  /** What CPU demand allows, as the loads so far show it. */
  boundOf(loads: readonly Measured[]): number
  isHiccup(measured: Measured): boolean
  /** Whether there is time for a repeat. */
  allowsRepeat(): boolean
}

/** Loads until the highest rate that is kept is known, as well as so many trials can tell. */
export async function searchCapacity(search: Search, demand: Measured): Promise<Measured[]> {
  const tried: Measured[] = []
  let trials: Trial[] = []
  let repeats = 0
  for (;;) {
    const mayRepeat = repeats < search.mostRepeats && search.allowsRepeat()
    let rate = nextRate(search.guess, trials, search.mostTrials)
    if (rate === undefined && mayRepeat) {
      const share = capacityOf({ demand, search: tried }) / search.boundOf([demand, ...tried])
      const doubtful = doubtfulTrial(trials, share, search.usualShare)
      trials = trials.filter((trial) => trial !== doubtful)
      rate = doubtful?.rate
      repeats += 1
    }
    if (rate === undefined) return tried
    const measured = await search.load(rate)
    tried.push(measured)
    if (mayRepeat && repeats < search.mostRepeats && search.isHiccup(measured)) repeats += 1
    else trials.push({ rate, kept: measured.result.kept })
  }
}
