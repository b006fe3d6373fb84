import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { drawsOf } from '../../../../loadtests/popularity.ts'
import { checkInvariants } from '../../invariants/check.ts'
import { checkSightings } from '../../invariants/check-sightings.ts'
import type { Fault } from '../../invariants/finding.ts'
import { historyOf } from '../../invariants/history.ts'
import { type FaultyShop, type Mistake, startFaultyShop } from './faulty-shop.ts'
import type { Recording } from './recording.ts'
import { startTraffic } from './traffic.ts'

const LOAD_MS = 500
const RATE_PER_S = 300
/** Its first price change comes before the orders of that product. */
const SEED = 68

async function trafficOn(shop: FaultyShop, loadMs = LOAD_MS): Promise<Recording> {
  try {
    const traffic = await startTraffic(shop.url, { ratePerS: RATE_PER_S, draw: drawsOf(SEED, 0) })
    await sleep(loadMs)
    await traffic.stop()
    return traffic.recording
  } finally {
    shop.close()
  }
}

async function faultsWith(mistake?: Mistake): Promise<Set<Fault>> {
  const shop = await startFaultyShop(mistake)
  const before = shop.snapshot()
  const { lines, sightings } = await trafficOn(shop)
  const findings = [...checkSightings(sightings).findings, ...checkInvariants(before, shop.snapshot(), historyOf(lines))]
  return new Set(findings.map(({ fault }) => fault))
}

test('a shop without mistakes passes, and every kind of request was made', async () => {
  const shop = await startFaultyShop()
  const before = shop.snapshot()
  const { sent, lines, sightings } = await trafficOn(shop)
  expect(sent.filter(({ failure }) => failure !== undefined)).toEqual([])
  expect(checkSightings(sightings)).toEqual({ findings: [], lostInWindow: [] })
  expect(checkInvariants(before, shop.snapshot(), historyOf(lines))).toEqual([])
  const operations = [
    'page',
    'order',
    'payment',
    'slow payment',
    'cancellation',
    'price',
    'cart',
    'own order',
    'own orders',
    'own cart',
    'who am I',
    'log-in',
    'log-out',
    'ended session',
  ]
  expect(new Set(sent.map(({ operation }) => operation))).toEqual(new Set(operations))
  const { orders, payments, prices, unknown, cards, declined, cancellations } = historyOf(lines)
  expect(new Set(cards.values())).toEqual(new Set(['tok_approved', 'tok_declined', 'tok_slow', 'tok_lost_reply']))
  expect([declined.size, cancellations.length].every((count) => count > 0)).toBe(true)
  expect([orders.length, payments.length, prices.size].every((count) => count > 1)).toBe(true)
  expect(unknown.size).toBe(0)
})

test('the rate is kept', async () => {
  const { sent, stoppedAt } = await trafficOn(await startFaultyShop(), 4 * LOAD_MS)
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
  ['order of another user', 'order not as asked for'],
  ['order of another product', 'acknowledged order changed'],
  ['order cancelled by itself', 'order cancelled unasked'],
  ['order paid by itself', 'charge nobody asked for'],
  ['cancellation forgotten', 'acknowledged cancellation missing'],
  ['cancellation forgotten', 'stale read of an order'],
  ['declined card taken', 'card answered wrongly'],
  ['declined card charged', 'refused payment charged'],
  ['good card declined', 'card answered wrongly'],
  ['charged twice', 'order charged twice'],
  ['payment forgotten', 'acknowledged payment missing'],
  ['price forgotten', 'acknowledged price missing'],
  ['cart item forgotten', 'acknowledged cart item missing'],
  ['cart item forgotten', 'stale read of a cart'],
  ['cart emptied by itself', 'acknowledged cart item missing'],
  ['ordered items left in the cart', 'cart item there again'],
  ['ordered items left in the cart', 'stale read of a cart'],
  ['old cart shown', 'stale read of a cart'],
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
