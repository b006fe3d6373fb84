/** Settings of the stage with replicas and Redis that show it break, and the defaults that do not; what a Redis that was emptied loses. */

import { randomInt, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { KEYS } from '../../apps/platform/redis/keys.ts'
import { clientOf } from '../contract/client.ts'
import { logIn, newShopper, placeOrder, type Shopper, setProduct } from '../contract/people.ts'
import type { List, Order } from '../contract/shapes.ts'
import { metricOf } from './app-signs.ts'
import { logInsKnown, PRICE_AFTER, PRICE_BEFORE, pricesShown, startedStage } from './experiment.ts'
import type { RunningStage } from './running-stages.ts'
import { sharedStage } from './shared-stage.ts'
import { askEach } from './stage-redis.ts'

/** Changed by this file alone. */
const PRODUCT = 'prd_09999'
const READERS = 60
/** Lifetimes by chance: of so many, the shortest and the longest are all but a tenth of what is possible apart. */
const PAGES = 60
const TTL_MS = 300_000
const FILLS = /^outgrow_cache_fills_total\{/

describe('stage 4 as it is', () => {
  const stage = sharedStage(4)

  it('shows one price on every app, at once (B5)', async () => {
    expect(await pricesShown(stage())).toEqual([PRICE_AFTER])
  })

  it('knows a log-in on every app (C2)', async () => {
    expect(await logInsKnown(stage())).toEqual(Array(12).fill(200))
  })

  it('reads a page once for all who miss it at the same time, or once in each app (B8, B9)', async () => {
    const fills = await fillsOfColdPage(stage())
    expect(fills).toBeGreaterThan(0)
    expect(fills).toBeLessThanOrEqual(3)
  })

  it('lets pages that were read together expire apart (B10)', async () => {
    const { shortest, longest } = await lifetimesOfPages(stage())
    expect(shortest).toBeGreaterThan(0.75 * TTL_MS)
    expect(longest - shortest).toBeGreaterThan(0.15 * TTL_MS)
  })

  it('shows what was viewed when the cache has lost it: the queue and MySQL have it (B7)', async () => {
    expect(await viewedAfterEmptying(stage())).toEqual(VIEWED)
  })

  // These two come last: they end the log-ins of all the others.
  it('loses no order when both of its Redis are emptied; people log in again (A18, J8)', async () => {
    const shopper = await newShopper(stage())
    await setProduct(stage(), PRODUCT, { stock: 10 })
    const orders = [await placeOrder(shopper, PRODUCT), await placeOrder(shopper, PRODUCT)]
    await askEach(stage(), ['cache', 'state'], (redis) => redis.flushall())
    expect((await shopper.client.get('/orders')).status).toBe(401)
    await logIn(shopper.client, shopper.email, shopper.password)
    const { items } = (await shopper.client.get<List<Order>>('/orders')).body
    expect(items.map(({ id }) => id).sort()).toEqual(orders.map(({ id }) => id).sort())
    expect((await shopper.client.get<{ stock: number }>(`/products/${PRODUCT}`)).body.stock).toBe(8)
    await placeOrder(shopper, PRODUCT)
  })

  it('shows what was viewed before its last second when both of its Redis are emptied (B7)', async () => {
    const shopper = await shopperWhoViewed(stage())
    await expect.poll(() => viewsWaiting(stage()), { timeout: 10_000 }).toBe(0)
    await askEach(stage(), ['cache', 'state'], (redis) => redis.flushall())
    await logIn(shopper.client, shopper.email, shopper.password)
    expect(await viewedBy(shopper)).toEqual(VIEWED)
  })
})

describe('stage 4 with invalidation=none, stampede=none, jitter=off, views=forget and limits=memory', () => {
  const own = ['invalidation=none', 'stampede=none', 'jitter=off', 'views=forget', 'limits=memory', 'ordersPerMinute=5']
  // A fill takes longer than it takes sixty readers to arrive, on a busy machine as well.
  const stage = startedStage(4, [...own, 'queryDelayMs=20'])

  it('shows the old price on every app: one cache, one wrong answer (B2)', async () => {
    expect(await pricesShown(stage())).toEqual([PRICE_BEFORE])
  })

  it('reads a page again for each who misses it (Q12)', async () => {
    expect(await fillsOfColdPage(stage())).toBeGreaterThan(3)
  })

  it('lets pages that were read together expire together (B10)', async () => {
    const { shortest, longest, readForMs } = await lifetimesOfPages(stage())
    expect(longest - shortest).toBeLessThanOrEqual(readForMs)
  })

  it('has forgotten what was viewed when the cache has', async () => {
    expect(await viewedAfterEmptying(stage())).toEqual([])
  })

  it('takes three times as many orders as it allows, five for each app (D2)', async () => {
    const { client } = await newShopper(stage())
    const items = [{ productId: 'prd_none', quantity: 1 }]
    const statuses: number[] = []
    for (let count = 0; count < 18; count++)
      statuses.push((await client.post('/orders', { items }, { key: randomUUID() })).status)
    expect(statuses).toEqual([...Array(15).fill(404), ...Array(3).fill(429)])
  })
})

/** How often the apps read a page from the database for many readers who come at the same time. */
async function fillsOfColdPage(stage: RunningStage): Promise<number> {
  const path = `/products/${productId(randomInt(5_000, 9_000))}`
  const before = await metricOf(stage, FILLS)
  const answers = await Promise.all(Array.from({ length: READERS }, () => clientOf(stage).get(path)))
  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  return (await metricOf(stage, FILLS)) - before
}

/** What is left of the lives of pages that were read one after the other, in milliseconds. */
async function lifetimesOfPages(stage: RunningStage) {
  const ids = Array.from({ length: PAGES }, (_, index) => productId(1_000 + index))
  const keys = ids.map((id) => `cache:product:{${id}}`)
  // The product of another test may be among them, and be older than the rest.
  await askEach(stage, ['cache'], (redis) => redis.del(...keys))
  const startedAt = performance.now()
  for (const id of ids) await clientOf(stage).get(`/products/${id}`)
  const [lifetimes = []] = await askEach(stage, ['cache'], (redis) => Promise.all(keys.map((key) => redis.pttl(key))))
  // What a busy Redis did not take in time is not there.
  const kept = lifetimes.filter((life) => life > 0)
  expect(kept.length).toBeGreaterThan(PAGES / 2)
  return { shortest: Math.min(...kept), longest: Math.max(...kept), readForMs: performance.now() - startedAt }
}

const VIEWED = ['prd_00003', 'prd_00001', 'prd_00002']

async function viewedAfterEmptying(stage: RunningStage): Promise<string[]> {
  const shopper = await shopperWhoViewed(stage)
  await askEach(stage, ['cache'], (redis) => redis.flushall())
  return viewedBy(shopper)
}

async function shopperWhoViewed(stage: RunningStage): Promise<Shopper> {
  const shopper = await newShopper(stage)
  for (const id of VIEWED.toReversed()) {
    await shopper.client.get(`/products/${id}`)
    // It is noted after its page was sent.
    await expect.poll(async () => (await viewedBy(shopper))[0], { timeout: 5_000 }).toBe(id)
  }
  return shopper
}

async function viewedBy({ client }: Shopper): Promise<string[]> {
  const { items } = (await client.get<List<{ id: string }>>('/products/recently-viewed')).body
  return items.map(({ id }) => id)
}

async function viewsWaiting(stage: RunningStage): Promise<number | undefined> {
  const [waiting] = await askEach(stage, ['state'], (redis) => redis.hlen(KEYS.viewQueue('views')))
  return waiting
}

function productId(number: number): string {
  return `prd_${String(number).padStart(5, '0')}`
}
