import { expect, test } from 'vitest'
import { isWell } from './run-load.ts'

const WELL = {
  complete: true,
  journeys: { offered: 10, finished: 10, failed: 0, soldOut: 0, dropped: 0 },
  thresholds: [{ metric: 'checks', rule: 'rate==1', kept: true }],
  invariants: [{ name: 'orders', kept: true, findings: [] }],
} as unknown as Parameters<typeof isWell>[0]

test('a load ends well that measured something and kept what it must', () => {
  expect(isWell(WELL)).toBe(true)
  expect(isWell({ ...WELL, journeys: { ...WELL.journeys, finished: 0, soldOut: 3 } })).toBe(true)
})

test.each<[string, Partial<typeof WELL>]>([
  ['nothing finished, and so every threshold was kept', { journeys: { ...WELL.journeys, finished: 0, failed: 1 } }],
  ['nothing was begun', { journeys: { ...WELL.journeys, offered: 0, finished: 0 } }],
  ['it was ended early', { complete: false }],
  ['a threshold was crossed', { thresholds: WELL.thresholds.map((one) => ({ ...one, kept: false })) }],
  ['an invariant was broken', { invariants: WELL.invariants.map((one) => ({ ...one, kept: false })) }],
])('a load does not end well where %s', (_, harm) => {
  expect(isWell({ ...WELL, ...harm })).toBe(false)
})
