import { beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { redisDatabase } from '../fixtures/redis-database.ts'
import { type ShopDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import { testApps } from '../platform/cache/test-apps.ts'
import { makeProducts, type Products } from './products.ts'
import { redisProductCache } from './redis-product-cache.ts'

const IDS = Array.from({ length: 50 }, (_, index) => `prd_${index}`)
/** A page is two: the product with its category, and its neighbours. */
const QUERIES_A_PAGE = 2
const USUAL_READERS = 200
const MANY_READERS = 10 * USUAL_READERS

let databases: ShopDatabase
beforeAll(async () => {
  databases = await shopDatabase(
    inject('databaseUrl'),
    IDS.map((id) => ({ id, stock: 10 })),
  )
  await databases.writes.insertInto('categories').values({ id: 'cat_01', name: 'c' }).execute()
  return databases.close
})

async function cachedProducts(): Promise<Products> {
  const redis = await redisDatabase(inject('redisUrl'))
  onTestFinished(redis.close)
  const { list, close } = await testApps(redis.url, { databases })
  onTestFinished(close)
  return redisProductCache({ products: makeProducts(databases), writes: databases.writes, cache: list[0]?.cache, ttlMs: 300_000 })
}

/** Who come at the same moment, each for one of fifty products; what they ask of the database, and how long each waits. */
async function read(products: Products, readers: number, name: string) {
  const asked = [vi.spyOn(databases.reads, 'executeQuery'), vi.spyOn(databases.reads, 'selectFrom')]
  const waits: number[] = []
  const pages = Array.from({ length: readers }, async (_, reader) => {
    const startedAt = performance.now()
    await products.page(IDS[reader % IDS.length] ?? '')
    waits.push(performance.now() - startedAt)
  })
  const refused = (await Promise.allSettled(pages)).filter(({ status }) => status === 'rejected').length
  const queries = asked.reduce((sum, { mock }) => sum + mock.calls.length, 0)
  for (const spy of asked) spy.mockRestore()
  waits.sort((one, other) => one - other)
  const [p50, p99] = [0.5, 0.99].map((share) => waits[Math.ceil(share * waits.length) - 1]?.toFixed(1))
  console.log(`${name}: ${readers} readers, ${queries} queries, ${refused} refused, p50 ${p50} ms, p99 ${p99} ms`)
  return { queries, refused }
}

describe('product pages, and ten times as many readers in one moment (A11, A23, B19)', () => {
  test('from the database: each reader asks it, and those for whom there is no room are refused', async () => {
    const products = makeProducts(databases)
    expect(await read(products, USUAL_READERS, 'database')).toEqual({ queries: QUERIES_A_PAGE * USUAL_READERS, refused: 0 })
    expect((await read(products, MANY_READERS, 'database')).refused).toBeGreaterThan(0)
  })

  test('from Redis: the database is asked once for each product, and nobody is refused', async () => {
    const products = await cachedProducts()
    expect(await read(products, USUAL_READERS, 'Redis, empty')).toEqual({ queries: QUERIES_A_PAGE * IDS.length, refused: 0 })
    expect(await read(products, MANY_READERS, 'Redis, filled')).toEqual({ queries: 0, refused: 0 })
  })

  test('from Redis, when the ten times as many come first: no more than for the few', async () => {
    const products = await cachedProducts()
    expect(await read(products, MANY_READERS, 'Redis, empty')).toEqual({ queries: QUERIES_A_PAGE * IDS.length, refused: 0 })
  })
})
