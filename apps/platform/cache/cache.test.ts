import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { type RedisDatabase, redisDatabase } from '../../fixtures/redis-database.ts'
import { ShopError } from '../http/errors.ts'
import type { Cache, CacheSettings } from './cache.ts'
import { testApps, testKeys } from './test-apps.ts'

const keys = testKeys('one')
const touched = { versions: [keys.version], entries: [keys.entry] }

let redis: RedisDatabase
beforeEach(async () => {
  redis = await redisDatabase(inject('redisUrl'))
  return redis.close
})

/** A value in a store that counts how often it is read. */
type Store = { value: object | undefined; reads: number; read(): Promise<object | undefined> }

function storeOf(value: object | undefined): Store {
  const store: Store = {
    value,
    reads: 0,
    async read() {
      store.reads += 1
      return store.value
    },
  }
  return store
}

async function appsWith(settings: Partial<CacheSettings> = {}, count = 2): Promise<readonly [Cache, Cache]> {
  const apps = await testApps(redis.url, { count, settings })
  onTestFinished(apps.close)
  const [one, other] = apps.list.map(({ cache }) => cache)
  if (!one || !other) throw new Error('two apps are needed')
  return [one, other]
}

const textOf = (reading: Promise<string | undefined>) => reading

test('a value is read from the store once, and from Redis by all apps until it expires (B1, B3)', async () => {
  const [one, other] = await appsWith()
  const store = storeOf({ name: 'Größe "L" 🛒', price: 7 })
  expect(await textOf(one.read(keys, store.read))).toBe(JSON.stringify(store.value))
  expect(await textOf(one.read(keys, store.read))).toBe(JSON.stringify(store.value))
  expect(await textOf(other.read(keys, store.read))).toBe(JSON.stringify(store.value))
  expect(store.reads).toBe(1)
  const lifetime = await redis.lab.pttl(keys.entry)
  expect(lifetime).toBeGreaterThan(0)
  expect(lifetime).toBeLessThanOrEqual(keys.ttlMs)
  for (const key of await redis.lab.keys('*')) expect(await redis.lab.pttl(key), key).toBeGreaterThan(0)
})

test('that there is no such thing is kept too, but not for long (R21)', async () => {
  const [one, other] = await appsWith()
  const store = storeOf(undefined)
  for (let count = 0; count < 20; count++) expect(await (count % 2 ? one : other).read(keys, store.read)).toBe(undefined)
  expect(store.reads).toBe(1)
  expect(await redis.lab.pttl(keys.entry)).toBeLessThanOrEqual(30_000)
})

test('an error is nobody else’s, and is not kept', async () => {
  const [one] = await appsWith()
  await expect(one.read(keys, () => Promise.reject(new ShopError('UNAVAILABLE')))).rejects.toThrow(ShopError)
  expect(await textOf(one.read(keys, async () => ({ a: 1 })))).toBe('{"a":1}')
})

test('a change is in the next read of every app (B5)', async () => {
  const [one, other] = await appsWith()
  const store = storeOf({ price: 1 })
  await one.read(keys, store.read)
  await one.change(touched, async () => (store.value = { price: 2 }))
  expect(await textOf(other.read(keys, store.read))).toBe('{"price":2}')
  expect(await textOf(one.read(keys, store.read))).toBe('{"price":2}')
  expect(store.reads).toBe(2)
})

test('a change that was refused is answered so, and what is shown stays right', async () => {
  const [one, other] = await appsWith()
  const store = storeOf({ price: 1 })
  await one.read(keys, store.read)
  await expect(one.change(touched, () => Promise.reject(new ShopError('PRODUCT_NOT_FOUND')))).rejects.toThrow(ShopError)
  await other.read(keys, store.read)
  await other.read(keys, store.read)
  expect(store.reads).toBe(2)
})

describe('a reader that read before a change and stores after it', () => {
  /** What the next reader is shown. The order of events is forced. */
  async function race(settings: Partial<CacheSettings>): Promise<string | undefined> {
    const [reader, writer] = await appsWith(settings)
    const store = storeOf({ price: 1 })
    const slow = Promise.withResolvers<void>()
    const hasRead = Promise.withResolvers<void>()
    const reading = reader.read(keys, async () => {
      const value = await store.read()
      hasRead.resolve()
      await slow.promise
      return value
    })
    await hasRead.promise
    await writer.change(touched, async () => (store.value = { price: 2 }))
    slow.resolve()
    await reading
    return textOf(writer.read(keys, store.read))
  }

  test('is not believed: it stores under a version that is gone', async () => {
    expect(await race({})).toBe('{"price":2}')
  })

  test.each(['delete', 'none'] as const)('shows the old price with invalidation=%s (B4)', async (invalidation) => {
    expect(await race({ invalidation })).toBe('{"price":1}')
  })
})

test('a commit that is seen long after its app has given it up leaves no old price behind', async () => {
  const [one, other] = await appsWith()
  const store = storeOf({ price: 1 })
  const gaveUp = new Error('the commit waits for an acknowledgement')
  await expect(one.change(touched, () => Promise.reject(gaveUp))).rejects.toBe(gaveUp)
  // As if so much time had passed that nobody remembers the change.
  await redis.lab.del(keys.version)
  expect(await textOf(other.read(keys, store.read))).toBe('{"price":1}')
  store.value = { price: 2 }
  // Whatever is committed next, it is the sign that the first is.
  const another = testKeys('another')
  await one.change({ versions: [another.version], entries: [another.entry] }, async () => {})
  expect(await textOf(other.read(keys, store.read))).toBe('{"price":2}')
})

describe('without invalidation', () => {
  test('an old value is shown until it expires, and no longer (B2)', async () => {
    const [one, other] = await appsWith({ invalidation: 'none', jitter: 'off' })
    const store = storeOf({ price: 1 })
    const short = testKeys('short', 300)
    await one.read(short, store.read)
    await one.change(touched, async () => (store.value = { price: 2 }))
    expect(await textOf(other.read(short, store.read))).toBe('{"price":1}')
    await sleep(400)
    expect(await textOf(other.read(short, store.read))).toBe('{"price":2}')
  })

  test('deleting what was changed is seen at once where nothing races', async () => {
    const [one, other] = await appsWith({ invalidation: 'delete' })
    const store = storeOf({ price: 1 })
    await one.read(keys, store.read)
    await one.change(touched, async () => (store.value = { price: 2 }))
    expect(await textOf(other.read(keys, store.read))).toBe('{"price":2}')
  })
})
