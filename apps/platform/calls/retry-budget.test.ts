import { expect, test } from 'vitest'
import { retryBudget } from './retry-budget.ts'

test('a tenth of the requests may be sent again, and a few at the start', () => {
  const budget = retryBudget()
  const spent = () => Array.from({ length: 1_000 }, () => budget.spend()).filter((may) => may).length
  expect(spent()).toBe(10)
  for (let request = 0; request < 50; request += 1) budget.request()
  expect([4, 5]).toContain(spent())
  for (let request = 0; request < 10_000; request += 1) budget.request()
  expect(spent()).toBe(10)
})
