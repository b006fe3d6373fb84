import { expect, test } from 'vitest'
import { LONGEST_LAG_MS, PositionHistory } from './lag.ts'

function history(): PositionHistory {
  const made = new PositionHistory()
  for (const [transactions, at] of [
    [10, 0],
    [12, 100],
    [12, 200],
    [20, 300],
  ] as const)
    made.add(transactions, at)
  return made
}

test('the lag is the age of the first transaction that is missing', () => {
  expect(history().lagOf(20, 1_000)).toBe(0)
  expect(history().lagOf(12, 1_000)).toBe(700)
  expect(history().lagOf(11, 1_000)).toBe(900)
})

test('who lacks the oldest that is known lags for nobody knows how long', () => {
  expect(history().lagOf(9, 1_000)).toBe(LONGEST_LAG_MS)
  expect(new PositionHistory().lagOf(0, 1_000)).toBe(0)
})

test('what the new primary has not is no lag', () => {
  const made = history()
  made.cut(12)
  expect(made.lagOf(12, 1_000)).toBe(0)
  made.add(13, 900)
  expect(made.lagOf(12, 1_000)).toBe(100)
})

test('only the last minute is remembered', () => {
  const made = new PositionHistory()
  for (let transactions = 1; transactions <= 1_000; transactions++) made.add(transactions, transactions * 100)
  expect(made.lagOf(399, 100_000)).toBe(LONGEST_LAG_MS)
  expect(made.lagOf(401, 100_000)).toBe(100_000 - 40_200)
})
