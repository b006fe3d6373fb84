import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { checkSightings } from '../../invariants/check-sightings.ts'
import type { Fault } from '../../invariants/finding.ts'
import { historyOf } from '../../invariants/history.ts'
import { type FaultyShop, type Mistake, startFaultyShop } from './faulty-shop.ts'
import type { Recording } from './recording.ts'
import { startTraffic } from './traffic.ts'

const LOAD_MS = 500
const RATE_PER_S = 300

async function trafficOn(shop: FaultyShop): Promise<Recording> {
  try {
    const traffic = await startTraffic(shop.url, { ratePerS: RATE_PER_S })
    await sleep(LOAD_MS)
    await traffic.stop()
    return traffic.recording
  } finally {
    shop.close()
  }
}

async function faultsWith(mistake?: Mistake): Promise<Set<Fault>> {
  const { sightings } = await trafficOn(await startFaultyShop(mistake))
  return new Set(checkSightings(sightings).findings.map(({ fault }) => fault))
}

test('a shop without mistakes passes, and every kind of request was made', async () => {
  const { sent, lines, sightings } = await trafficOn(await startFaultyShop())
  expect(sent.filter(({ failure }) => failure !== undefined)).toEqual([])
  expect(checkSightings(sightings)).toEqual({ findings: [], lostInWindow: [] })
  const operations = [
    'page',
    'order',
    'payment',
    'price',
    'own order',
    'own orders',
    'who am I',
    'log-in',
    'log-out',
    'ended session',
  ]
  expect(new Set(sent.map(({ operation }) => operation))).toEqual(new Set(operations))
  const { orders, payments, prices, unknown } = historyOf(lines)
  expect([orders.length, payments.length, prices.size].every((count) => count > 1)).toBe(true)
  expect(unknown.size).toBe(0)
})

test('the rate is kept', async () => {
  const { sent, stoppedAt } = await trafficOn(await startFaultyShop())
  const first = sent.find(({ operation }) => operation === 'order')?.startedAt ?? 0
  const during = sent.filter(({ startedAt }) => startedAt >= first && startedAt <= stoppedAt)
  const ratePerS = during.length / ((stoppedAt - first) / 1_000)
  expect(ratePerS / RATE_PER_S).toBeGreaterThan(0.8)
  expect(ratePerS / RATE_PER_S).toBeLessThan(1.2)
})

const MISTAKES: [Mistake, Fault][] = [
  ['order missing from the list', 'stale read of an order'],
  ['order not found', 'stale read of an order'],
  ['paid order placed again', 'stale read of an order'],
  ['old price on the page', 'stale read of a price'],
  ['old price charged', 'stale read of a price'],
  ['ended session accepted', 'revoked session seen'],
  ['ended session of a couple accepted', 'revoked session seen'],
  ['session forgotten', 'session lost'],
  ['second order for a key', 'key answered differently'],
  ['second payment for a key', 'key answered differently'],
]

describe('finds that a shop makes the mistake', () => {
  test.each(MISTAKES)('%s', async (mistake, fault) => {
    expect(await faultsWith(mistake)).toContain(fault)
  })
})

test('what got no answer is sent again under its key until it is known', async () => {
  const shop = await startFaultyShop('answer lost')
  const { lines, sightings, sent } = await trafficOn(shop)
  expect(sent.filter(({ failure }) => failure !== undefined).length).toBeGreaterThan(3)
  const { orders, unknown } = historyOf(lines)
  expect(unknown.size).toBe(0)
  expect(new Set(orders.map(({ id }) => id))).toEqual(new Set(shop.orders.keys()))
  expect(checkSightings(sightings).findings).toEqual([])
})
