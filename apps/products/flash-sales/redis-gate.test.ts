import { once } from 'node:events'
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { startTestRedis } from '../../../infra/redis/test-server.ts'
import { buy, HOT, rush, type SaleShop, saleDatabase, saleShop, stockOf } from '../../fixtures/flash-sale.ts'
import { redisDatabase } from '../../fixtures/redis-database.ts'
import { shopParts } from '../../fixtures/shop-parts.ts'
import { checkoutTransaction } from '../../orders/checkout-transaction.ts'
import { makeOrders } from '../../orders/orders.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { NO_GATE, type SaleGate } from './gate.ts'
import { type RedisSaleGate, redisSaleGate } from './redis-gate.ts'
import { COUNT_LASTS_MS } from './scripts.ts'

const KEY = KEYS.flashSale(HOT)
const OUT = expect.objectContaining({ code: 'OUT_OF_STOCK' })

const { databases, redis } = shopParts(() => saleDatabase(inject('databaseUrl')))
/** Orders that reached MySQL. */
let placed: number

beforeEach(() => {
  placed = 0
})

const shopWith = (gate: SaleGate) => saleShop(databases, gate, () => (placed += 1))

/** What a running worker does each second, or an app where there is none. */
async function count(gate: RedisSaleGate): Promise<void> {
  gate.start()
  await gate.stop()
}

describe('the gate', () => {
  let gate: RedisSaleGate
  let shop: SaleShop
  beforeEach(() => {
    gate = redisSaleGate(redis.shop, databases)
    shop = shopWith(gate)
  })
  const left = () => redis.lab.hget(KEY, 'left')

  test('sends the late away before MySQL is asked', async () => {
    await shop.open(100)
    await rush([shop], 1_000)
    expect(placed).toBe(100)
  })

  test('without it, MySQL is asked by each of them', async () => {
    const open = shopWith(NO_GATE)
    await open.open(100)
    await rush([open], 1_000)
    expect(placed).toBe(1_000)
  })

  test('takes the pieces of an order together, or none of them', async () => {
    await shop.open(2, 60_000, 'prd_other')
    await shop.open(1)
    await buy(shop, 1, ['prd_other', HOT])
    await expect(buy(shop, 2, ['prd_other', HOT])).rejects.toEqual(OUT)
    expect([await left(), await redis.lab.hget(KEYS.flashSale('prd_other'), 'left')]).toEqual(['0', '1'])
    await buy(shop, 3, ['prd_gone', 'prd_other']).catch(() => {})
    expect(await stockOf(databases, 'prd_other')).toBe(1)
  })

  test('lets orders of other products pass', async () => {
    await shop.open(1)
    for (let buyer = 0; buyer < 3; buyer++) await buy(shop, buyer, ['prd_other'])
    expect(await stockOf(databases, 'prd_other')).toBe(997)
  })

  test('gets a piece back from an order that came to nothing, once', async () => {
    await shop.open(5)
    await expect(buy(shop, 1, [HOT, 'prd_none'])).rejects.toMatchObject({ code: 'PRODUCT_NOT_FOUND' })
    expect(await redis.lab.hgetall(KEY)).toEqual({ left: '5' })
  })

  test('forgets the pieces that MySQL does not have', async () => {
    await shop.open(5)
    await databases.writes.updateTable('products').set({ stock: 0 }).execute()
    await expect(buy(shop, 1)).rejects.toEqual(OUT)
    expect(await redis.lab.hgetall(KEY)).toEqual({ left: '4' })
  })

  test('keeps a piece for an order of which nobody knows whether it stands, until MySQL is counted', async () => {
    await shop.open(1)
    const checkout = { ...checkoutTransaction(databases), place: () => Promise.reject(new Error('no answer to COMMIT')) }
    const lost = makeOrders(databases, { checkout, gate, subscribers: [] })
    await expect(buy({ ...shop, orders: lost }, 1)).rejects.toThrow('no answer')
    await expect(buy(shop, 2)).rejects.toEqual(OUT)
    await count(gate)
    await buy(shop, 3)
    expect(await stockOf(databases)).toBe(0)
  })

  test('counts where there is a worker only while it is in doubt', async () => {
    const idle = redisSaleGate(redis.shop, databases, { counts: 'in doubt' })
    await shop.open(1)
    await databases.writes.updateTable('products').set({ stock: 7 }).execute()
    await count(idle)
    expect(await left()).toBe('1')
    redis.shop.emit('close')
    await count(idle)
    expect(await left()).toBe('7')
    await databases.writes.updateTable('products').set({ stock: 3 }).execute()
    await count(idle)
    expect(await left()).toBe('7')
  })

  test('is open to what came back into stock when MySQL is counted', async () => {
    await shop.open(1)
    const { value } = await buy(shop, 1)
    await shop.orders.cancel('usr_1_00', value.id)
    await expect(buy(shop, 2)).rejects.toEqual(OUT)
    await count(gate)
    await buy(shop, 2)
  })

  test('is over when the sale is, and when nobody counts any more', async () => {
    await shop.open(1)
    expect(await redis.lab.pttl(KEY)).toBeLessThanOrEqual(COUNT_LASTS_MS)
    await shop.open(1, 200)
    expect(await redis.lab.pttl(KEY)).toBeLessThanOrEqual(200)
    await buy(shop, 1)
    await databases.writes.updateTable('products').set({ stock: 1 }).execute()
    await expect.poll(() => buy(shop, 2).catch(() => 'refused')).toMatchObject({ replayed: false })
    await count(gate)
    expect(await redis.lab.exists(KEY)).toBe(0)
  })

  test('opened by one app is known to the others at once', async () => {
    const other = shopWith(redisSaleGate(await redis.connect(), databases))
    await shop.open(1)
    const first = await buy(other, 1)
    placed = 0
    await expect(buy(shop, 2)).rejects.toEqual(OUT)
    expect(placed).toBe(0)
    expect(await buy(shop, 1)).toEqual({ value: first.value, replayed: true })
  })

  test.each([
    ['FLUSHALL', () => redis.lab.flushdb()],
    ['something else was in its place', () => redis.lab.set(KEY, 'nonsense')],
  ])('is made again from MySQL after %s, and knows who has bought', async (_, lose) => {
    await shop.open(2)
    const first = await buy(shop, 1)
    await lose()
    // Nobody counts: MySQL alone decides.
    await buy(shop, 2)
    await expect(buy(shop, 3)).rejects.toEqual(OUT)
    expect(await left().catch(() => null)).toBe(null)
    await count(gate)
    expect(await redis.lab.hgetall(KEY)).toEqual({ left: '0', doubt: '1' })
    expect(await buy(shop, 1)).toEqual({ value: first.value, replayed: true })
    placed = 0
    await expect(buy(shop, 4)).rejects.toEqual(OUT)
    expect(placed).toBe(0)
  })

  test.each(['always', 'in doubt'] as const)(
    'that counts %s asks MySQL about those whom it would refuse, once Redis was away',
    async (counts) => {
      const server = await startTestRedis()
      onTestFinished(server.stop)
      const own = await redisDatabase(server.url)
      onTestFinished(own.close)
      const far = redisSaleGate(own.shop, databases, { counts })
      const farShop = shopWith(far)
      await farShop.open(1)
      const first = await buy(farShop, 1)
      // It comes back without its last second.
      for (const field of await own.lab.hkeys(KEY)) if (field !== 'left') await own.lab.hdel(KEY, field)
      const closed = once(own.shop, 'close')
      await own.lab.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await closed
      await expect.poll(() => own.shop.status).toBe('ready')
      expect(await buy(farShop, 1)).toEqual({ value: first.value, replayed: true })
      await count(far)
      expect(await own.lab.hgetall(KEY)).toEqual({ left: '0', doubt: '1' })
      expect(await buy(farShop, 1)).toEqual({ value: first.value, replayed: true })
      placed = 0
      await expect(buy(farShop, 2)).rejects.toEqual(OUT)
      expect(placed).toBe(0)
    },
  )
})
