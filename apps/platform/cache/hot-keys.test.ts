/** What apps keep of hot keys: Redis is asked far less, and nobody is shown anything older than without. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { redisDatabase } from '../../fixtures/redis-database.ts'
import type { Databases } from '../mysql/database.ts'
import type { Cache } from './cache.ts'
import { hotKeys } from './hot-keys.ts'
import type { CacheKeys, Found } from './lookup.ts'
import { readCounts } from './read-counts.ts'
import { testApps, testKeys } from './test-apps.ts'
import { keys, serverWith, shopOf, touched } from './test-shop.ts'
import { COPY_LASTS_MS, parseVersion, redisVersions } from './versions.ts'

/** More than make a key hot. */
const MANY = 60

async function hotShop(options: { hotKeys?: 'on' | 'off'; databases?: Databases } = {}) {
  const server = await serverWith()
  const { hotKeys = 'on', databases } = options
  const apps = await testApps(server.url, { count: 2, settings: { hotKeys }, ...(databases && { databases }) })
  onTestFinished(apps.close)
  const [one, other] = apps.list.map(({ cache }) => cache) as [Cache, Cache]
  const shop = shopOf(one, other)
  return { server, one, other, shop, heat: () => shop.readsFor(MANY) }
}

async function looksAt(lab: Redis): Promise<number> {
  const [, calls = 0] = /^cmdstat_mget:calls=(\d+)/m.exec(await lab.info('commandstats')) ?? []
  return Number(calls)
}

describe('a key that an app is asked for again and again', () => {
  test('is asked for in Redis a few times', async () => {
    const { server, shop, heat } = await hotShop()
    await heat()
    const before = await looksAt(server.lab)
    await shop.readsFor(1_000)
    expect((await looksAt(server.lab)) - before).toBeLessThan(1_000)
    expect(shop.reads()).toBeLessThan(10)
  })

  test('is asked for each time with hotKeys=off', async () => {
    const { server, shop, heat } = await hotShop({ hotKeys: 'off' })
    await heat()
    const before = await looksAt(server.lab)
    await shop.readsFor(MANY)
    expect((await looksAt(server.lab)) - before).toBe(2 * MANY)
  })

  test('is shown as it is by every app once it is changed, and while it is', async () => {
    const { one, shop, heat } = await hotShop()
    await heat()
    for (let change = 0; change < 5; change++) {
      await shop.readsFor(5)
      await one.change(touched, async () => {
        shop.raiseUnheard()
        await shop.expectRight()
      })
      await shop.expectRight()
    }
  })

  test('is shown as it is once Redis was told what has changed already', async () => {
    const { one, shop, heat } = await hotShop()
    await heat()
    for (let change = 0; change < 5; change++) {
      await shop.readsFor(5)
      shop.raiseUnheard()
      await one.changed(touched)
      await shop.expectRight()
    }
  })

  test('is shown as it is to who hears of a second change while the first still waits for copies to end', async () => {
    const { one, other, shop, heat } = await hotShop()
    await heat()
    for (let change = 0; change < 5; change++) {
      await shop.readsFor(5)
      shop.raiseUnheard()
      const first = one.changed(touched)
      await one.read(testKeys('answered after it'), async () => undefined)
      shop.raiseUnheard()
      await other.changed(touched)
      await shop.expectRight()
      await first
    }
  })

  test('is kept of nobody’s own: whose it is would not wait', async () => {
    const databases = { readsOf: async () => undefined } as unknown as Databases
    const { server, one } = await hotShop({ databases })
    const owned = { ...keys, owned: { databases, userId: 'usr_1' } }
    const read = () => one.read(owned, async () => ({ items: [] }))
    await read()
    const before = await looksAt(server.lab)
    for (let count = 0; count < 3 * MANY; count++) await read()
    expect((await looksAt(server.lab)) - before).toBe(3 * MANY)
  })
})

test('a change learns whether there may be copies: of a version that is marked, that is not there, or that another suspends', async () => {
  const redis = await redisDatabase(inject('redisUrl'))
  onTestFinished(redis.close)
  const versions = redisVersions(redis.shop, { writing: (_key, write) => write })
  const key = testKeys('copied').version
  const copiesEnd = () => sleep(3 * COPY_LASTS_MS)
  // It goes on being so for who comes while there may still be some.
  expect([await versions.renew([key]), await versions.renew([key])]).toEqual([true, true])
  await copiesEnd()
  expect(await versions.renew([key])).toBe(false)
  await versions.mark(key, 'another version')
  expect(await versions.suspend([key], 'one')).toBe(false)
  expect([await versions.suspend([key], 'other'), await versions.renew([key])]).toEqual([true, true])
  expect([await versions.renew([key], 'one'), await versions.renew([key], 'other')]).toEqual([false, false])
  const { version } = parseVersion((await redis.lab.get(key)) ?? '')
  const before = await redis.lab.pttl(key)
  for (let app = 0; app < 2; app++) await versions.mark(key, version)
  expect(parseVersion((await redis.lab.get(key)) ?? '')).toEqual({ version, isMarked: true })
  expect(await redis.lab.pttl(key)).toBeLessThanOrEqual(before)
  expect(await versions.renew([key])).toBe(true)
  const next = parseVersion((await redis.lab.get(key)) ?? '')
  expect(next.isMarked).toBe(false)
  await versions.mark(key, next.version)
  expect(parseVersion((await redis.lab.get(key)) ?? '')).toEqual({ ...next, isMarked: true })
})

describe('copies', () => {
  function copies({ isMarked = true, isHeld = true } = {}) {
    const asked: string[] = []
    const marks: string[] = []
    const entry = { version: 'v', fillMs: 1, filledAt: 0, expiresAt: Date.now() + 60_000, json: '{}' }
    const parts = {
      look: async ({ entry: key }: CacheKeys): Promise<Found> => {
        asked.push(key)
        return { result: 'hit', entry, version: 'v', isMarked }
      },
      lease: { isHeld: () => isHeld, beganAt: () => 0 },
      isPending: () => false,
      mark: async (key: string) => void marks.push(key),
      counts: { isHot: () => true },
    }
    const hot = hotKeys(parts)
    return { asked, marks, look: (name = 'one') => hot.look(testKeys(name)) }
  }

  test('are what those share who ask at once, and asked for anew soon', async () => {
    const { asked, look } = copies()
    const found = await Promise.all(Array.from({ length: 20 }, () => look()))
    expect(found.filter(({ cache }) => cache === 'redis')).toHaveLength(1)
    expect(asked).toHaveLength(1)
    await sleep(60)
    expect(await look()).toMatchObject({ cache: 'redis', found: { result: 'hit' } })
  })

  test('are not kept of what has no mark, which it then gets', async () => {
    const { asked, marks, look } = copies({ isMarked: false })
    await Promise.all(Array.from({ length: 20 }, () => look()))
    expect(asked).toHaveLength(20)
    expect(marks).toContain(testKeys('one').version)
  })

  test('are not believed where their Redis is not', async () => {
    const { asked, look } = copies({ isHeld: false })
    for (let count = 0; count < 3; count++) expect((await look()).cache).toBe('redis')
    expect(asked).toHaveLength(3)
  })

  test('are a hundred at the most', async () => {
    const { asked, look } = copies()
    const names = Array.from({ length: 150 }, (_, number) => `hot ${number}`)
    for (let round = 0; round < 2; round++) for (const name of names) await look(name)
    expect(asked.length).toBeGreaterThanOrEqual(150 + 50)
  })
})

describe('the keys that an app is asked for most', () => {
  test('are hot from fifty reads a second on, and until a second without', () => {
    let now = 0
    const counts = readCounts(() => now)
    const reads = (key: string, times: number) => Array.from({ length: times }, () => counts.isHot(key)).at(-1)
    expect([reads('hot', 49), reads('hot', 1), reads('cold', 49)]).toEqual([false, true, false])
    now = 1_100
    expect([reads('hot', 1), reads('cold', 1)]).toEqual([true, false])
    now = 2_100
    expect(reads('hot', 1)).toBe(false)
    expect(reads('hot', 60)).toBe(true)
    now = 10_000
    expect(reads('hot', 1)).toBe(false)
  })

  test('are found among ten thousand, and no more are counted', () => {
    const counts = readCounts(() => 0)
    for (let number = 0; number < 10_000; number++) counts.isHot(`key ${number}`)
    const isHot = (key: string) => Array.from({ length: 100 }, () => counts.isHot(key)).at(-1)
    expect([isHot('key 0'), isHot('one more')]).toEqual([true, false])
  })
})
