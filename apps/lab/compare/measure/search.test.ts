import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../platform/process/random.ts'
import { doubtfulTrial, highestKept, nextRate, type Trial } from './search.ts'

function search(guess: number, keeps: (rate: number) => boolean, mostTrials = 5): Trial[] {
  const trials: Trial[] = []
  for (let rate = nextRate(guess, trials, mostTrials); rate !== undefined; rate = nextRate(guess, trials, mostTrials))
    trials.push({ rate, kept: keeps(rate) })
  return trials
}

describe('the search for capacity', () => {
  test('comes within an eighth below the knee from any guess between two thirds of it and one and a half', () => {
    for (const guess of [67, 80, 95, 100, 104, 120, 150]) {
      const found = highestKept(search(guess, (rate) => rate <= 100)) ?? 0
      expect(found, `from ${guess}`).toBeGreaterThanOrEqual(87.5)
      expect(found, `from ${guess}`).toBeLessThanOrEqual(100)
    }
  })
  test('never tries more often than it may when it has seen both sides of the knee', () => {
    for (const guess of [90, 100, 110]) expect(search(guess, (rate) => rate <= 100, 3).length).toBeLessThanOrEqual(3)
  })
  test('goes on above a guess that was far too low', () => {
    const trials = search(50, (rate) => rate <= 100, 3)
    expect(highestKept(trials)).toBeGreaterThan(80)
    expect(trials.length).toBeLessThanOrEqual(7)
  })
  test('goes on below a guess that was far too high, and gives up in the end', () => {
    expect(highestKept(search(300, (rate) => rate <= 100))).toBeGreaterThan(60)
    expect(search(300, () => false)).toHaveLength(9)
  })
  test('takes a failure below a kept rate for chance', () => {
    const trials: Trial[] = [
      { rate: 90, kept: false },
      { rate: 100, kept: true },
    ]
    expect(nextRate(95, trials, 5)).toBe(115)
  })
  test('stays within a tenth of a knee that is noisy, in the middle of many runs', () => {
    const random = seededRandom(4)
    const found = Array.from({ length: 101 }, () => highestKept(search(95, (rate) => rate <= 90 + 20 * random())) ?? 0)
    const middle = found.toSorted((one, other) => one - other)[50] ?? 0
    expect(middle).toBeGreaterThan(90)
    expect(middle).toBeLessThan(110)
  })
})

describe('a search that is over', () => {
  const trials: Trial[] = [
    { rate: 70, kept: true },
    { rate: 80, kept: false },
    { rate: 100, kept: false },
  ]
  test('is believed where it ends near the bound', () => {
    expect(doubtfulTrial(trials, 0.92, undefined)).toBeUndefined()
  })
  test('makes the failure again that the CPU does not explain', () => {
    expect(doubtfulTrial(trials, 0.78, undefined)).toEqual({ rate: 80, kept: false })
  })
  test('goes on above where nothing failed', () => {
    expect(doubtfulTrial([{ rate: 70, kept: true }], 0.78, undefined)?.rate).toBeCloseTo(80.5)
  })
  test('makes the highest again that the CPU had no room for', () => {
    expect(doubtfulTrial(trials, 1.28, undefined)).toEqual({ rate: 70, kept: true })
  })
  test('is believed where every round ends so: then something else than CPU is the limit', () => {
    expect(doubtfulTrial(trials, 0.6, 0.62)).toBeUndefined()
    expect(doubtfulTrial(trials, 0.6, 0.9)).toEqual({ rate: 80, kept: false })
  })
})
