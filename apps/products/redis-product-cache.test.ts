import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { type LaggingDatabases, laggingDatabases } from '../fixtures/lagging-databases.ts'
import { type RedisDatabase, redisDatabase } from '../fixtures/redis-database.ts'
import { demoDatabase, type ShopDatabase } from '../fixtures/shop-database.ts'
import type { CacheSettings } from '../platform/cache/cache.ts'
import { testApps } from '../platform/cache/test-apps.ts'
import { type Json, JsonText } from '../platform/http/json-text.ts'
import type { Databases } from '../platform/mysql/database.ts'
import { makeProducts, type Products, type StoredProducts } from './products.ts'
import { redisProductCache } from './redis-product-cache.ts'

const TTL_MS = 300_000

let redis: RedisDatabase
beforeEach(async () => {
  redis = await redisDatabase(inject('redisUrl'))
  return redis.close
})

async function appsOn(databases: Databases, count: number, settings: Partial<CacheSettings> = {}): Promise<readonly Products[]> {
  const apps = await testApps(redis.url, { count, settings, databases })
  onTestFinished(apps.close)
  const products = makeProducts(databases)
  return apps.list.map(({ cache }) => redisProductCache({ products, writes: databases.writes, cache, ttlMs: TTL_MS }))
}

function parsed<Value>(json: Json<Value>): Value {
  return json instanceof JsonText ? JSON.parse(json.text) : json
}

describe('the whole catalogue', () => {
  let databases: ShopDatabase
  let stored: StoredProducts
  let one: Products
  let other: Products
  beforeAll(async () => {
    databases = await demoDatabase(inject('databaseUrl'))
    stored = makeProducts(databases)
  })
  beforeEach(async () => {
    const [first, second] = await appsOn(databases, 2)
    if (!first || !second) throw new Error('two apps are needed')
    ;[one, other] = [first, second]
  })
  afterAll(() => databases.close())

  /** The ids of a category, the most popular first. */
  async function categoryOf(id: string) {
    const { category } = await stored.page(id)
    const { items } = await stored.list({ category: category.id, sort: 'popular', limit: 100 })
    return { id: category.id, ids: items.map((item) => item.id) }
  }

  async function expectSame(ids: readonly string[]): Promise<void> {
    for (const id of ids) expect(parsed(await other.page(id)), id).toEqual(await stored.page(id))
  }

  test('a page and a list are, byte for byte, what they are without a cache', async () => {
    const request = { category: 'cat_03', sort: 'price', limit: 7 } as const
    for (const app of [one, other]) {
      expect(((await app.page('prd_00007')) as JsonText<unknown>).text).toBe(JSON.stringify(await stored.page('prd_00007')))
      expect(((await app.list(request)) as JsonText<unknown>).text).toBe(JSON.stringify(await stored.list(request)))
    }
  })

  test.each([0, 3, 4, 5, 40])(
    'the new price of number %i of its category is at once on every page that shows it',
    async (rank) => {
      const { ids } = await categoryOf('prd_00077')
      const id = ids[rank] ?? ''
      const shown = ids.slice(0, 60)
      await expectSame(shown)
      await one.change(id, { priceCents: 123_456 + rank, name: `New name ${rank}` })
      await expectSame(shown)
    },
  )

  test('a change is at once in every list that shows it', async () => {
    const { id: category, ids } = await categoryOf('prd_00120')
    const requests = [
      { category, sort: 'price', limit: 20 },
      { category, sort: 'popular', limit: 100 },
      { sort: 'popular', limit: 100 },
      { sort: '-price', limit: 20 },
    ] as const
    const expectSameLists = async () => {
      for (const request of requests) expect(parsed(await other.list(request))).toEqual(await stored.list(request))
    }
    await expectSameLists()
    await one.change(ids[0] ?? '', { priceCents: 1 })
    await expectSameLists()
    await one.change(ids[0] ?? '', { priceCents: 99_999_999, stock: 3 })
    await expectSameLists()
  })

  test('a change of one product leaves the others of its category, and all other categories, where they are', async () => {
    const { ids } = await categoryOf('prd_00001')
    const [changed = '', neighbour = ''] = ids.slice(50)
    const { items } = await stored.list({ category: 'cat_33', sort: 'popular', limit: 1 })
    const pages = [changed, neighbour, items[0]?.id ?? '']
    const versions = () => redis.lab.mget(pages.map((id) => `cache:product-version:{${id}}`))
    for (const id of pages) await one.page(id)
    const before = await versions()
    await one.change(changed, { priceCents: 5 })
    const kept = (await versions()).map((version, index) => version === before[index])
    expect(kept).toEqual([false, true, true])
  })

  test('a product that is not there', async () => {
    const missing = expect.objectContaining({ code: 'PRODUCT_NOT_FOUND' })
    for (let count = 0; count < 3; count++) await expect(other.page('prd_99999')).rejects.toEqual(missing)
    await expect(one.change('prd_99999', { stock: 1 })).rejects.toEqual(missing)
  })

  test('a cursor of another list is refused, and nothing is kept of it', async () => {
    const { nextCursor } = await stored.list({ sort: 'popular', limit: 1 })
    const request = { sort: 'price', limit: 1, cursor: nextCursor ?? '' } as const
    for (let count = 0; count < 2; count++) await expect(one.list(request)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  test('after an order the page shows the new stock; a list may be ten seconds late', async () => {
    const { id: category, ids } = await categoryOf('prd_00200')
    const id = ids[2] ?? ''
    const listed = async () =>
      parsed(await other.list({ category, sort: 'popular', limit: 5 })).items.find((item) => item.id === id)?.stock
    const before = parsed(await other.page(id)).stock
    expect(await listed()).toBe(before)
    await databases.writes
      .updateTable('products')
      .set({ stock: before - 1 })
      .where('id', '=', id)
      .execute()
    await one.stockChanged([id])
    expect(parsed(await other.page(id)).stock).toBe(before - 1)
    expect(await listed()).toBe(before)
    for (const key of await redis.lab.keys('cache:products:*')) expect(await redis.lab.pttl(key)).toBeLessThanOrEqual(10_000)
  })
})

describe('beside a replica that lags', () => {
  const IDS = Array.from({ length: 8 }, (_, index) => `prd_${index}`)
  const LAG_MS = 60
  const RUN_MS = 3_000

  let databases: LaggingDatabases
  beforeAll(async () => {
    const products = IDS.map((id) => ({ id, stock: 10, priceCents: 1 }))
    databases = await laggingDatabases(inject('databaseUrl'), products, LAG_MS)
    for (const db of [databases.writes, databases.replica])
      await db.insertInto('categories').values({ id: 'cat_01', name: 'c' }).execute()
    return databases.close
  })

  /**
   * Prices only rise. What a reader is shown may not be lower than what somebody was told, before he asked, that it has become.
   * Counts every price on every page and list, until so many were old or the time is up.
   */
  async function shownPrices(settings: Partial<CacheSettings>, mostOld = Number.POSITIVE_INFINITY) {
    const apps = await appsOn(databases, 3, settings)
    const until = performance.now() + RUN_MS
    const told = new Map<string, number>()
    const counts = { prices: 0, old: 0, changes: 0 }
    const goesOn = () => performance.now() < until && counts.old < mostOld
    const look = async (products: Products, turn: number): Promise<{ id: string; priceCents: number }[]> => {
      const id = IDS[turn % IDS.length] ?? ''
      if (turn % 3 === 0)
        return parsed(await products.list({ sort: 'price', limit: 20, ...(turn % 2 && { category: 'cat_01' }) })).items
      const page = parsed(await products.page(id))
      return [page, ...page.related]
    }
    const readers = apps.flatMap((app) =>
      Array.from({ length: 30 }, async (_, reader) => {
        for (let turn = reader; goesOn(); turn++) {
          const before = new Map(told)
          const shown = await look(app, turn)
          counts.prices += shown.length
          counts.old += shown.filter(({ id, priceCents }) => priceCents < (before.get(id) ?? 0)).length
        }
      }),
    )
    const writers = IDS.slice(0, 4).map(async (id, index) => {
      let { priceCents } = await makeProducts({ ...databases, reads: databases.writes }).page(id)
      for (; goesOn(); counts.changes += 1) {
        await apps[index % apps.length]?.change(id, { priceCents: ++priceCents })
        told.set(id, priceCents)
        await sleep(20)
      }
    })
    await Promise.all([...readers, ...writers])
    console.log(
      `invalidation=${settings.invalidation}: ${counts.changes} changes, ${counts.prices} prices shown, ${counts.old} of them old`,
    )
    return counts
  }

  test('no price that is shown is older than what anybody was told', async () => {
    const { prices, old, changes } = await shownPrices({ invalidation: 'versioned' })
    expect([prices > 200, changes > 10, old]).toEqual([true, true, 0])
  })

  test.each(['delete', 'none'] as const)('invalidation=%s shows old prices (B2, B4)', async (invalidation) => {
    expect((await shownPrices({ invalidation }, 1)).old).toBeGreaterThan(0)
  })
})
