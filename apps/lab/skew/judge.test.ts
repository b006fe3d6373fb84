import { describe, expect, test } from 'vitest'
import { notShown } from './judge.ts'
import type { Busiest, SkewResults, SkewRow } from './results.ts'
import { markdownTables, terminalTables } from './table.ts'

function row(
  name: string,
  { busiest, rowWaitMsPerOrder = 0.2 }: { busiest?: Partial<Busiest>; rowWaitMsPerOrder?: number },
): SkewRow {
  const usual = { server: 'shard-1', requestShare: 0.34, cpuShare: 0.34, cpuMsPerOrder: 0.6 }
  return {
    name,
    orders: 900,
    failed: 0,
    ordersPerS: 112,
    p50Ms: 130,
    p95Ms: 210,
    busiest: { ...usual, ...busiest },
    rowWaitMsPerOrder,
  }
}

const shown: SkewResults = {
  stage: '5-sharded',
  customers: 512,
  secondsEach: 8,
  times: 1_000,
  hotShare: 0.66,
  customer: {
    alike: row('all alike', {}),
    hot: row('one orders 1,000 times as often', { busiest: { requestShare: 0.78, cpuShare: 0.75, cpuMsPerOrder: 1.4 } }),
    alone: row('its bucket moved to a server alone', { busiest: { server: 'shard-4', requestShare: 0.67, cpuShare: 0.65 } }),
  },
  product: {
    alike: row('a thousand products alike', {}),
    onOne: row('half of it one product, customers on one server', { rowWaitMsPerOrder: 9 }),
    onAll: row('half of it one product, customers on all servers', { rowWaitMsPerOrder: 8 }),
  },
  takesPerS: { one: 240, many: 1_300 },
}
const { customer, product } = shown
const none = row('nobody waits for anybody', { rowWaitMsPerOrder: 0 })

describe('what the lesson says', () => {
  test('is shown by figures like these', () => {
    expect(notShown(shown)).toEqual([])
  })
  test.each<[string, Partial<SkewResults>]>([
    ['orders are placed at all', { product: { ...product, alike: { ...product.alike, failed: 10 } } }],
    ['one busy customer makes one server the busiest', { customer: { ...customer, hot: customer.alike } }],
    ['moving its bucket alone takes the others’ work off', { customer: { ...customer, alone: customer.hot } }],
    ['its own work is what a server alone with it has', { hotShare: 0.5 }],
    ['orders wait for the row', { product: { ...product, onAll: product.alike } }],
    ['orders wait for the row', { product: { alike: none, onOne: none, onAll: none } }],
    [
      'wait as well where customers are on several servers',
      { product: { ...product, onAll: row('', { rowWaitMsPerOrder: 2 }) } },
    ],
    ['one row lets less through than many rows', { takesPerS: { one: 1_250, many: 1_300 } }],
  ])('is not where the figures do not say that %s', (claim, otherwise) => {
    expect(notShown({ ...shown, ...otherwise }).join('; ')).toContain(claim)
  })
})

test('the tables have a row for each way to buy, and fit a terminal', () => {
  const [terminal, markdown] = [terminalTables(shown), markdownTables(shown)]
  for (const { name } of [...Object.values(customer), ...Object.values(product)])
    for (const text of [terminal, markdown]) expect(text).toContain(name)
  expect(`${terminal}${markdown}`).not.toMatch(/NaN|undefined|Infinity/)
  expect(Math.max(...terminal.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  // 0.15 CPU at 1.4 ms an order.
  expect(markdown).toContain('| one orders 1,000 times as often | shard-1 | 78 % | 75 % | 1.40 | 107 |')
  for (const table of markdown.split('\n\n').filter((block) => block.startsWith('|')))
    expect(new Set(table.split('\n').map((line) => line.split('|').length)).size).toBe(1)
})
