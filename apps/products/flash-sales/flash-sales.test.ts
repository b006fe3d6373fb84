import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { startTestRedis } from '../../../infra/redis/test-server.ts'
import { buy, ordersIn, rush, type SaleShop, saleDatabase, saleShop, stockOf, type Tally } from '../../fixtures/flash-sale.ts'
import { type RedisDatabase, redisDatabase } from '../../fixtures/redis-database.ts'
import { shopParts } from '../../fixtures/shop-parts.ts'
import { NO_GATE, type SaleGate } from './gate.ts'
import { redisSaleGate } from './redis-gate.ts'

const OUT = expect.objectContaining({ code: 'OUT_OF_STOCK' })

const { databases, redis } = shopParts(() => saleDatabase(inject('databaseUrl')))
/** Orders that reached MySQL. */
let placed: number

beforeEach(() => {
  placed = 0
})

const shopWith = (gate: SaleGate) => saleShop(databases, gate, () => (placed += 1))

describe.each([
  ['MySQL alone', () => NO_GATE],
  ['a gate in Redis', () => redisSaleGate(redis.shop, databases)],
])('a flash sale with %s', (_name, makeGate: () => SaleGate) => {
  let shop: SaleShop
  beforeEach(() => {
    shop = shopWith(makeGate())
  })

  test('sells its pieces, and no piece more', async () => {
    await shop.open(100)
    expect(await rush([shop], 300)).toEqual({ sold: 100, refused: 200, other: [] })
    expect([await stockOf(databases), await ordersIn(databases)]).toEqual([0, 100])
  })

  test('answers a buyer who asks again as it did first, though all is gone', async () => {
    await shop.open(1)
    const first = await buy(shop, 'lucky')
    await expect(buy(shop, 'late')).rejects.toEqual(OUT)
    expect(await buy(shop, 'lucky')).toEqual({ value: first.value, replayed: true })
  })

  test('is of a product that there is, and ends within a day', async () => {
    await expect(shop.open(1, 60_000, 'prd_none')).rejects.toMatchObject({ code: 'PRODUCT_NOT_FOUND' })
    for (const lastsMs of [-1_000, 25 * 60 * 60_000, Number.NaN])
      await expect(shop.open(5, lastsMs)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect(await stockOf(databases)).toBe(7)
  })
})

describe('a thousand buyers, a hundred pieces, two apps', () => {
  async function twoApps(of: RedisDatabase) {
    const gates = [redisSaleGate(of.shop, databases), redisSaleGate(await of.connect(), databases)]
    const shops = gates.map(shopWith)
    await shops[0]?.open(100)
    for (const gate of gates) gate.start()
    onTestFinished(async () => void (await Promise.all(gates.map((gate) => gate.stop()))))
    return shops
  }
  const expectAllSold = async (tally: Tally) => {
    expect(tally).toEqual({ sold: 100, refused: 900, other: [] })
    expect([await stockOf(databases), await ordersIn(databases)]).toEqual([0, 100])
  }

  test('a hundred orders', async () => {
    await expectAllSold(await rush(await twoApps(redis), 1_000))
  })

  test('a hundred orders through a FLUSHALL in the middle', async () => {
    const shops = await twoApps(redis)
    await expectAllSold(await rush(shops, 1_000, (sold) => sold === 40 && redis.lab.flushdb()))
  })

  test('a hundred orders through a kill -9 of Redis in the middle', async () => {
    const server = await startTestRedis()
    onTestFinished(server.stop)
    const own = await redisDatabase(server.url)
    onTestFinished(own.close)
    const pid = Number(/process_id:(\d+)/.exec(await own.lab.info('server'))?.[1])
    own.lab.on('error', () => {})
    const shops = await twoApps(own)
    const tally = await rush(shops, 1_000, (sold) => sold === 40 && process.kill(pid, 'SIGKILL'))
    await expectAllSold(tally)
    // Those who came after it was killed asked MySQL.
    expect(placed).toBeGreaterThan(500)
  })
})
