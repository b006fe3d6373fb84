/** Write-through (B6): MySQL first, then the list in Redis, and what becomes of the list when that fails. */
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { startTestRedis } from '../../../infra/redis/test-server.ts'
import { redisDatabase } from '../../fixtures/redis-database.ts'
import { shopDatabase } from '../../fixtures/shop-database.ts'
import { shopParts } from '../../fixtures/shop-parts.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { cachedRecentlyViewed, LIST_LASTS_MS } from './cached.ts'
import { databaseRecentlyViewed } from './database.ts'
import { MOST_VIEWED, type RecentlyViewed } from './recently-viewed.ts'
import { redisRecentlyViewed } from './redis.ts'

const USER = 'usr_01'
const KEY = KEYS.recentlyViewed(USER)

const { databases, redis } = shopParts(() => shopDatabase(inject('databaseUrl')))
let stored: RecentlyViewed
/** Lists that were read from MySQL. */
let reads: number

beforeEach(() => {
  const database = databaseRecentlyViewed(databases)
  reads = 0
  stored = {
    add: database.add,
    of(userId) {
      reads += 1
      return database.of(userId)
    },
  }
})

async function view(viewed: RecentlyViewed, ...productIds: string[]): Promise<void> {
  for (const id of productIds) await viewed.add(USER, id)
}

describe('a view that is written through', () => {
  let one: RecentlyViewed
  let other: RecentlyViewed
  beforeEach(async () => {
    one = cachedRecentlyViewed(redis.shop, stored)
    other = cachedRecentlyViewed(await redis.connect(), stored)
  })

  test('is in MySQL and in the list when it is done, for every app', async () => {
    await view(one, 'prd_1')
    expect(await other.of(USER)).toEqual(['prd_1'])
    expect(reads).toBe(1)
    await view(one, 'prd_2')
    expect(await databaseRecentlyViewed(databases).of(USER)).toEqual(['prd_2', 'prd_1'])
    expect(await other.of(USER)).toEqual(['prd_2', 'prd_1'])
    // From Redis alone.
    expect(reads).toBe(1)
  })

  test('is in the list that is made anew when Redis has lost it; one that is written to Redis alone is gone', async () => {
    const forgetting = redisRecentlyViewed(redis.shop)
    await forgetting.add('usr_02', 'prd_1')
    await view(one, 'prd_1', 'prd_2')
    await one.of(USER)
    await redis.lab.flushdb()
    expect(await forgetting.of('usr_02')).toEqual([])
    expect(await other.of(USER)).toEqual(['prd_2', 'prd_1'])
    expect(await one.of(USER)).toEqual(['prd_2', 'prd_1'])
    expect(reads).toBe(2)
  })

  test('does not hide what was viewed before, where there is no list', async () => {
    await view(one, 'prd_1', 'prd_2')
    await redis.lab.flushdb()
    await view(one, 'prd_3')
    expect(await redis.lab.exists(KEY)).toBe(0)
    expect(await one.of(USER)).toEqual(['prd_3', 'prd_2', 'prd_1'])
  })

  test('does not prolong the life of a list, and no list lives for ever', async () => {
    await view(one, 'prd_1')
    await one.of(USER)
    await redis.lab.pexpire(KEY, LIST_LASTS_MS / 2)
    await view(one, 'prd_2')
    expect(await redis.lab.lrange(KEY, 0, -1)).toEqual(['prd_2', 'prd_1'])
    const left = await redis.lab.pttl(KEY)
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(LIST_LASTS_MS / 2)
  })

  test('is in the list that a reader makes who has read MySQL before it', async () => {
    await view(one, 'prd_1')
    const [hasRead, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const slowly = cachedRecentlyViewed(redis.shop, {
      ...stored,
      async of(userId) {
        const found = await stored.of(userId)
        hasRead.resolve()
        await slow.promise
        return found
      },
    })
    const reading = slowly.of(USER)
    await hasRead.promise
    await view(other, 'prd_2')
    slow.resolve()
    expect(await reading).toEqual(['prd_1'])
    expect(await one.of(USER)).toEqual(['prd_2', 'prd_1'])
  })

  test('leaves nothing of a list that was being made when enough came after it', async () => {
    await redis.lab.lpush(KEY, '?mark')
    const ids = Array.from({ length: MOST_VIEWED }, (_, index) => `prd_${index}`)
    await view(one, ...ids)
    expect(await one.of(USER)).toEqual(ids.toReversed())
    expect(reads).toBe(0)
  })

  test('is seen by whoever reads after it, while lists are lost and made all the time', async () => {
    let goesOn = true
    const disturbing = [one, other].map(async (viewed) => {
      while (goesOn) {
        await viewed.of(USER)
        if (Math.random() < 0.3) await redis.lab.del(KEY)
      }
    })
    const seen: unknown[] = []
    for (let number = 0; number < 300; number++) {
      await view(one, `prd_${number}`)
      const [first] = await other.of(USER)
      seen.push(first)
    }
    goesOn = false
    await Promise.all(disturbing)
    expect(seen).toEqual(Array.from({ length: 300 }, (_, number) => `prd_${number}`))
  })

  test('takes the place of something else under the key', async () => {
    await redis.lab.set(KEY, 'no list')
    await view(one, 'prd_1')
    expect(await one.of(USER)).toEqual(['prd_1'])
    expect(await redis.lab.type(KEY)).toBe('list')
  })
})

describe('a Redis of its own', () => {
  async function start() {
    const server = await startTestRedis({ role: 'cache' })
    const own = await redisDatabase(server.url)
    onTestFinished(async () => {
      own.close()
      await server.stop()
    })
    const viewed = cachedRecentlyViewed(own.shop, stored)
    await view(viewed, 'prd_1')
    await viewed.of(USER)
    return { ...own, server, viewed }
  }

  test('that refuses the second write loses the list, and the next reader makes it', async () => {
    const { viewed, lab } = await start()
    await lab.acl('SETUSER', 'shop', '-lpushx')
    await view(viewed, 'prd_2')
    expect(await lab.exists(KEY)).toBe(0)
    expect(await viewed.of(USER)).toEqual(['prd_2', 'prd_1'])
  })

  test('that cannot be told at all shows the old list until its life is over', async () => {
    const { viewed, lab } = await start()
    await lab.acl('SETUSER', 'shop', '-lpushx', '-unlink')
    await view(viewed, 'prd_2')
    expect(await viewed.of(USER)).toEqual(['prd_1'])
    const left = await lab.pttl(KEY)
    expect(left).toBeLessThanOrEqual(LIST_LASTS_MS)
    await lab.pexpire(KEY, left - LIST_LASTS_MS)
    expect(await viewed.of(USER)).toEqual(['prd_2', 'prd_1'])
  })

  test('that hangs or is gone is done without', async () => {
    const { viewed, server, shop } = await start()
    process.kill(-(server.child.pid ?? Number.NaN), 'SIGSTOP')
    await view(viewed, 'prd_2')
    expect(await viewed.of(USER)).toEqual(['prd_2', 'prd_1'])
    await server.stop()
    await expect.poll(() => shop.status).not.toBe('ready')
    await view(viewed, 'prd_3')
    expect(await viewed.of(USER)).toEqual(['prd_3', 'prd_2', 'prd_1'])
  })
})
