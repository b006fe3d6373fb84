import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { startTestRedis } from '../../infra/redis/test-server.ts'
import { ordersOn } from '../fixtures/orders.ts'
import { redisDatabase } from '../fixtures/redis-database.ts'
import { shopDatabase } from '../fixtures/shop-database.ts'
import { shopParts } from '../fixtures/shop-parts.ts'
import { KEYS } from '../platform/redis/keys.ts'
import type { Bestsellers } from './bestsellers.ts'
import { databaseBestsellers } from './database-bestsellers.ts'
import type { Order, Sold, SoldOrder } from './order.ts'
import type { Orders } from './orders.ts'
import { keepSet, makeSet, redisBestsellers } from './redis-bestsellers.ts'
import { countSales } from './subscribers.ts'

const PRODUCTS = ['prd_a', 'prd_b', 'prd_c'].map((id) => ({ id, stock: 10_000 }))
const SET = KEYS.bestsellers('all')

const { databases, redis } = shopParts(() => shopDatabase(inject('databaseUrl'), PRODUCTS))
let serial = 0

/** An order whose payment is under way. */
async function claimed(orders: Orders, pieces: Record<string, number>): Promise<{ order: Order; pay: () => Promise<void> }> {
  serial += 1
  const items = Object.entries(pieces).map(([productId, quantity]) => ({ productId, quantity }))
  const { value } = await orders.place({ userId: 'usr_01', key: `k${serial}`, requestHash: Buffer.alloc(32) }, { items })
  const order = await orders.claimForPayment('usr_01', value.id, 'pay_1')
  return { order, pay: () => orders.markPaid('usr_01', order, 'pay_1') }
}

async function sell(orders: Orders, pieces: Record<string, number>): Promise<void> {
  await (await claimed(orders, pieces)).pay()
}

async function count(bestsellers: Bestsellers, order: SoldOrder): Promise<void> {
  await (await bestsellers.selling(order))()
}

const sold = (list: readonly Sold[]) => list.map(({ productId, pieces }) => `${productId} ${pieces}`)

describe.each([
  ['in the database', () => databaseBestsellers(databases)],
  ['in Redis', () => redisBestsellers(redis.shop, databases)],
])('bestsellers %s', (_place, make: () => Bestsellers) => {
  let bestsellers: Bestsellers
  let orders: Orders
  beforeEach(async () => {
    await makeSet(redis.shop, databases)
    bestsellers = make()
    orders = ordersOn(databases, [countSales(bestsellers)])
  })
  const eventually = (limit = 100) => expect.poll(async () => sold(await bestsellers.top(limit)), { interval: 20 })

  test('count the pieces of paid orders, most first, of equal ones the later id', async () => {
    expect(await bestsellers.top(10)).toEqual([])
    await sell(orders, { prd_a: 2, prd_b: 5 })
    await sell(orders, { prd_a: 1, prd_c: 3 })
    await eventually().toEqual(['prd_b 5', 'prd_c 3', 'prd_a 3'])
    await eventually(2).toEqual(['prd_b 5', 'prd_c 3'])
  })

  test('do not count what is not paid', async () => {
    await claimed(orders, { prd_a: 7 })
    await sell(orders, { prd_b: 1 })
    await eventually().toEqual(['prd_b 1'])
  })

  test('count an order once, however often its payment is marked', async () => {
    const counted = vi.fn(async () => {})
    const counting = ordersOn(databases, [countSales(bestsellers), { paying: async () => counted }])
    const { pay } = await claimed(counting, { prd_a: 2 })
    await Promise.all(Array.from({ length: 10 }, pay))
    expect(counted).toHaveBeenCalledOnce()
    await sell(orders, { prd_b: 1 })
    await eventually().toEqual(['prd_a 2', 'prd_b 1'])
  })
})

describe('in the database', () => {
  test('however many ask, one question at a time is asked, and rarely', async () => {
    const asked = vi.spyOn(databases.reads, 'selectFrom')
    const bestsellers = databaseBestsellers(databases)
    await Promise.all(Array.from({ length: 100 }, () => bestsellers.top(5)))
    expect(asked).toHaveBeenCalledTimes(1)
  })

  test('a slow question is asked seldom, and one that was held up once is asked again', async () => {
    const [heldUpMs, slowMs] = [1_000, 200]
    const delays = [heldUpMs, 0, slowMs, slowMs]
    const each = vi.fn(async (...asked: Parameters<typeof databases.each>) => {
      await sleep(delays.shift() ?? 0)
      return databases.each(...asked)
    })
    const bestsellers = databaseBestsellers({ each } as Pick<typeof databases, 'each'>)
    const untilAsked = { interval: 20, timeout: 10_000 }
    await expect.poll(() => bestsellers.top(5).then(() => delays.length), untilAsked).toBe(0)
    await bestsellers.top(5)
    expect(each).toHaveBeenCalledTimes(4)
  })
})

describe('in Redis', () => {
  const tops = async () => sold(await redisBestsellers(redis.shop, databases).top(100))
  const shop = () => ordersOn(databases, [countSales(redisBestsellers(redis.shop, databases))])
  const settled = () => expect.poll(tops, { interval: 20 })

  test('an order whose count is sent again counts once', async () => {
    await makeSet(redis.shop, databases)
    const bestsellers = redisBestsellers(redis.shop, databases)
    const order = { id: 'ord_1', items: [{ productId: 'prd_a', quantity: 3, name: '', unitPriceCents: 1 }] }
    for (let turn = 0; turn < 5; turn++) await count(bestsellers, order)
    await count(bestsellers, { ...order, id: 'ord_2' })
    await settled().toEqual(['prd_a 6'])
  })

  test('a thousand counts of three apps at once are a thousand', async () => {
    await makeSet(redis.shop, databases)
    const apps = [redis.shop, await redis.connect(), await redis.connect()].map((client) => redisBestsellers(client, databases))
    const order = (number: number) => ({
      id: `ord_${number}`,
      items: [{ productId: 'prd_a', quantity: 1, name: '', unitPriceCents: 1 }],
    })
    for (let number = 0; number < 1_000; number += 40) {
      const batch = Array.from({ length: 40 }, (_, at) => count(apps[at % 3] as Bestsellers, order(number + at)))
      await Promise.all(batch)
    }
    await settled().toEqual(['prd_a 1000'])
  })

  test('an order that the set was made from is not counted again, though its count comes later', async () => {
    await makeSet(redis.shop, databases)
    const { order, pay } = await claimed(ordersOn(databases), { prd_a: 2 })
    const bestsellers = redisBestsellers(redis.shop, databases)
    const sold = await bestsellers.selling(order)
    await pay()
    // Between the commit and the count.
    await makeSet(redis.shop, databases)
    await sold()
    await sell(shop(), { prd_b: 1 })
    await settled().toEqual(['prd_a 2', 'prd_b 1'])
  })

  test('a hundred orders while the set is made anew all the time: never one too many, and all of them at the end', async () => {
    await makeSet(redis.shop, databases)
    const others = [await redis.connect(), await redis.connect()]
    let selling = true
    const making = others.map(async (other) => {
      while (selling) await makeSet(other, databases)
    })
    const orders = [shop(), shop()]
    let paid = 0
    for (let turn = 0; turn < 50; turn++) {
      await Promise.all(orders.map((one) => sell(one, { prd_a: 1, prd_b: 2 }).then(() => (paid += 1))))
      const [b, a] = await redisBestsellers(redis.shop, databases).top(2)
      expect(a?.pieces ?? 0).toBeLessThanOrEqual(paid)
      expect(b?.pieces ?? 0).toBeLessThanOrEqual(2 * paid)
    }
    selling = false
    await Promise.all(making)
    await makeSet(redis.shop, databases)
    expect(await tops()).toEqual(['prd_b 200', 'prd_a 100'])
  })

  test('after FLUSHALL the list comes from the orders, and one app makes the set again', async () => {
    await makeSet(redis.shop, databases)
    await sell(shop(), { prd_a: 4 })
    await redis.lab.flushdb()
    expect(await tops()).toEqual(['prd_a 4'])
    expect(await redis.lab.exists(SET)).toBe(0)
    const apps = [redis.shop, await redis.connect(), await redis.connect()]
    const read = vi.spyOn(databases.reads, 'selectFrom')
    await Promise.all(apps.map((app) => keepSet(app, databases)))
    expect(read).toHaveBeenCalledTimes(1)
    expect(await redis.lab.zrange(SET, '-1', '-1', 'WITHSCORES')).toEqual(['prd_a', '4'])
    await sell(shop(), { prd_a: 1 })
    await settled().toEqual(['prd_a 5'])
  })

  test('an app that was about to make the set when another had made it does not', async () => {
    const other = await redis.connect()
    const set = redis.shop.set.bind(redis.shop) as (...given: unknown[]) => Promise<'OK' | null>
    vi.spyOn(redis.shop, 'set').mockImplementationOnce(async (...given: unknown[]) => {
      await makeSet(other, databases)
      return set(...given)
    })
    const read = vi.spyOn(databases.reads, 'selectFrom')
    await keepSet(redis.shop, databases)
    expect(read).toHaveBeenCalledTimes(1)
  })

  test('what was missed is found when the set is old', async () => {
    await makeSet(redis.shop, databases)
    await sell(ordersOn(databases), { prd_c: 9 })
    await keepSet(redis.shop, databases)
    expect(await tops()).toEqual([])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60_000 })
    onTestFinished(() => void vi.useRealTimers())
    await keepSet(redis.shop, databases)
    expect(await tops()).toEqual(['prd_c 9'])
  })

  test('what is not counted by us is not shown, and a set is made in its place', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {})
    await sell(ordersOn(databases), { prd_a: 2 })
    const plants = [() => redis.lab.set(SET, 'nonsense'), () => redis.lab.zadd(SET, 'inf', 'prd_a', '0.5', 'prd_b')]
    for (const plant of plants) {
      await redis.lab.del(SET)
      await plant()
      expect(await tops()).toEqual(['prd_a 2'])
      await keepSet(redis.shop, databases)
      expect(await redis.lab.zscore(SET, 'prd_a')).toBe('2')
    }
  })

  test('while Redis is gone, orders are paid and the list is right', async () => {
    const server = await startTestRedis()
    onTestFinished(server.stop)
    const own = await redisDatabase(server.url)
    onTestFinished(own.close)
    await makeSet(own.shop, databases)
    await server.stop()
    const bestsellers = redisBestsellers(own.shop, databases)
    await sell(ordersOn(databases, [countSales(bestsellers)]), { prd_b: 2 })
    expect(sold(await bestsellers.top(5))).toEqual(['prd_b 2'])
  })
})
