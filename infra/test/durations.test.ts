import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { budgetOf, LONGER_BUDGETS_S } from './budgets.ts'
import { minutesByArea, overBudget } from './durations.ts'

const [longer = '', seconds = 0] = Object.entries(LONGER_BUDGETS_S)[0] ?? []
const usual = budgetOf('apps/bank/one.test.ts')

test('the minutes of an area are those of all its files, longest area first', () => {
  const files = [
    { file: 'apps/bank/one.test.ts', ms: 30_000 },
    { file: 'infra/mysql/keeper/two.test.ts', ms: 60_000 },
    { file: 'infra/mysql/three.test.ts', ms: 90_000 },
  ]
  expect(minutesByArea(files)).toEqual(['   2.5 min  infra/mysql', '   0.5 min  apps/bank'])
})

test('a file over its budget is named, with its own budget where it has one', () => {
  const late = [
    { file: 'apps/bank/one.test.ts', ms: 1_000 * usual + 1 },
    { file: longer, ms: 1_000 * seconds + 1_000 },
  ]
  const inTime = [
    { file: 'apps/bank/two.test.ts', ms: 1_000 * usual },
    { file: longer, ms: 1_000 * seconds },
  ]
  expect(overBudget(inTime)).toEqual([])
  expect(overBudget(late)).toEqual([
    `${longer} took ${seconds + 1} s, and has ${seconds}`,
    `apps/bank/one.test.ts took ${usual} s, and has ${usual}`,
  ])
})

test('only files that are there, and that need it, have a longer budget', () => {
  const entries = Object.entries(LONGER_BUDGETS_S)
  expect(entries.filter(([file, longerS]) => !existsSync(file) || longerS <= usual)).toEqual([])
})
