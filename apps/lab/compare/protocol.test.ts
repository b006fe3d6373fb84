import { expect, test } from 'vitest'
import { expectedSeconds, FULL, orderOf, QUICK, usualRounds } from './protocol.ts'

test('a full comparison of three stages and two workloads is planned to take less than 20 minutes', () => {
  expect(expectedSeconds(FULL, 3, 2)).toBeLessThan(19 * 60)
})

test('what takes less time is measured more often', () => {
  const rounds = [usualRounds(FULL, 3, 1), usualRounds(FULL, 3, 2), usualRounds(FULL, 6, 2), usualRounds(QUICK, 2, 1)]
  expect(rounds).toEqual([5, 4, 4, 4])
  expect(expectedSeconds({ ...FULL, rounds: 5 }, 3, 1)).toBeLessThan(19 * 60)
})

test('a quick one of two stages and one workload is planned to take less than two minutes', () => {
  expect(expectedSeconds(QUICK, 2, 1)).toBeLessThan(120)
})

test.each([FULL, QUICK])('loads take whole seconds, as the load script wants them', (protocol) => {
  const { warmUpSliceS, leadInS, demandS, searchS, latencyS, rigS } = protocol
  for (const seconds of [warmUpSliceS, leadInS, demandS, searchS, latencyS, rigS]) expect(Number.isInteger(seconds)).toBe(true)
})

test('rounds go there and back, so that a drift hits all stages alike', () => {
  expect([1, 2, 3].map((round) => orderOf(['A', 'B', 'C'], round).join(''))).toEqual(['ABC', 'CBA', 'ABC'])
})
