/** Five apps with a hundred readers each miss one key at the same moment (B8, B9): how many queries is that? */
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { type RedisDatabase, redisDatabase } from '../../fixtures/redis-database.ts'
import type { Cached, CacheSettings } from './cache.ts'
import { encodeEntry } from './entry.ts'
import { type TestApps, testApps, testKeys } from './test-apps.ts'

const APPS = 5
const READERS = 500
const QUERY_MS = 30

let redis: RedisDatabase
beforeEach(async () => {
  redis = await redisDatabase(inject('redisUrl'))
  return redis.close
})

async function appsWith(settings: Partial<CacheSettings>): Promise<TestApps> {
  const apps = await testApps(redis.url, { count: APPS, settings })
  onTestFinished(apps.close)
  return apps
}

/** A slow query that counts itself. */
function slowQuery() {
  let count = 0
  const load = async () => {
    count += 1
    await sleep(QUERY_MS)
    return { name: 'one' }
  }
  return { load, count: () => count }
}

async function readAtOnce({ list }: TestApps, keys: Cached, load: () => Promise<object>, readers = READERS): Promise<void> {
  const reading = list.flatMap(({ cache }) => Array.from({ length: readers / APPS }, () => cache.read(keys, load)))
  for (const read of await Promise.all(reading)) expect(String(read)).toBe('{"name":"one"}')
}

async function queriesOf(settings: Partial<CacheSettings>, readers = READERS): Promise<number> {
  const query = slowQuery()
  await readAtOnce(await appsWith(settings), testKeys('hot'), query.load, readers)
  console.log(`${readers} readers, stampede=${settings.stampede}: ${query.count()} queries`)
  return query.count()
}

describe(`${READERS} readers of one missing key, in ${APPS} apps`, () => {
  test('all three ways together: one query', async () => {
    expect(await queriesOf({ stampede: 'all' })).toBe(1)
  })

  // Each of them asks Redis again every 20 ms: all 500 keep a slow machine busier than the second that they are ready to wait.
  test('a lock in Redis: one query', async () => {
    expect(await queriesOf({ stampede: 'lock' }, READERS / 10)).toBe(1)
  })

  test('coalescing: one for each app', async () => {
    expect(await queriesOf({ stampede: 'coalesce' })).toBe(APPS)
  })

  // Nothing was there that could have been refreshed early.
  test.each(['none', 'early'] as const)('%s: one for each reader', async (stampede) => {
    expect(await queriesOf({ stampede })).toBe(READERS)
  })

  test('that there is nothing is one query as well', async () => {
    let count = 0
    const { list } = await appsWith({})
    const load = async () => {
      count += 1
      return undefined
    }
    await Promise.all(list.flatMap(({ cache }) => Array.from({ length: 20 }, () => cache.read(testKeys('unknown'), load))))
    expect(count).toBe(1)
  })

  test('without Redis: coalesced, at most two for each app', async () => {
    const apps = await appsWith({})
    for (const { redis } of apps.list) redis.close()
    const query = slowQuery()
    await readAtOnce(apps, testKeys('hot'), query.load)
    expect(query.count()).toBeLessThanOrEqual(2 * APPS)
  })
})

describe('a hot key that is near its end', () => {
  /** By its entry it is at its end, and Redis has it still: what one reader more finds. */
  async function readAtTheEnd(stampede: CacheSettings['stampede']): Promise<string[]> {
    const { list } = await appsWith({ stampede })
    const keys = testKeys('hot')
    const load = async () => ({ name: 'new' })
    await list[0]?.cache.read(keys, load)
    const version = String(await redis.lab.get(keys.version))
    const times = { fillMs: 30, filledAt: Date.now(), expiresAt: Date.now() }
    const old = encodeEntry({ version, ...times, json: '{"name":"old"}' })
    await redis.lab.set(keys.entry, old, 'PX', 60_000)
    const first = await list[0]?.cache.read(keys, load)
    await list[0]?.cache.stop()
    return [String(first), String(await list[1]?.cache.read(keys, load))]
  }

  test.each(['early', 'all'] as const)('stampede=%s: is refreshed while its reader is answered', async (stampede) => {
    expect(await readAtTheEnd(stampede)).toEqual(['{"name":"old"}', '{"name":"new"}'])
  })

  test.each(['none', 'lock', 'coalesce'] as const)('stampede=%s: is left to end', async (stampede) => {
    expect(await readAtTheEnd(stampede)).toEqual(['{"name":"old"}', '{"name":"old"}'])
  })
})

describe('the holder of the lock', () => {
  test('who dies is not waited for longer than a second', async () => {
    const { list } = await appsWith({ stampede: 'lock' })
    const keys = testKeys('orphan')
    await redis.lab.set(keys.lock, 'somebody who is no more', 'PX', 60_000)
    const query = slowQuery()
    const answers = await Promise.all(list.map(({ cache }) => cache.read(keys, query.load)))
    // Who waits a little longer than the others finds what they stored.
    expect(answers.map(String)).toEqual(Array.from({ length: APPS }, () => '{"name":"one"}'))
    expect(query.count()).toBeGreaterThan(0)
    expect(await redis.lab.get(keys.lock)).toBe('somebody who is no more')
  })

  test('whose work fails gives it to the next', async () => {
    const [one, other] = (await appsWith({})).list
    const keys = testKeys('failing')
    await expect(one?.cache.read(keys, () => Promise.reject(new Error('no database')))).rejects.toThrow('no database')
    expect(await redis.lab.exists(keys.lock)).toBe(0)
    expect(String(await other?.cache.read(keys, async () => ({ a: 1 })))).toBe('{"a":1}')
  })
})
