import { expect, test } from 'vitest'
import { isWarm, warmUp } from './warm-up.ts'

test.each([
  ['nothing was measured', [], false],
  ['there is nothing to compare with', [90, 50, 49], false],
  ['it costs less with each round', [88, 75, 65, 58, 53, 50], false],
  ['it costs less after a plateau of two rounds', [88, 60, 60, 59, 49], false],
  ['the last rounds cost no less', [88, 60, 50, 49, 50, 49], true],
  ['it costs more', [50, 51, 52, 53], true],
  ['two of the last rounds were disturbed', [88, 50, 70, 49, 80], true],
  ['one that was disturbed hides that it costs less', [88, 60, 90, 50, 52], false],
])('%s', (_what, figures, expected) => {
  expect(isWarm(figures)).toBe(expected)
})

test('all are asked in turn until the last of them is warm', async () => {
  const asked: string[] = []
  const quick = async () => asked.push('quick') && 50
  const slow = async () => asked.push('slow') && Math.max(50, 100 - 5 * asked.length)
  expect(await warmUp([quick, slow], 20)).toBe(8)
  expect(asked).toEqual(Array.from({ length: 8 }, () => ['quick', 'slow']).flat())
})

test('what never stops getting cheaper is not asked for ever', async () => {
  let rounds = 0
  const cheaper = async () => {
    rounds += 1
    return 100 / rounds
  }
  expect(await warmUp([cheaper], 5)).toBe(5)
})
