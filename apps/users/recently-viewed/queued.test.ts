/** Write-behind (B7): what waits in Redis, how it reaches MySQL, and what is dropped. The faults are in view-queue-faults.test.ts. */
import Fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { startTestRedis } from '../../../infra/redis/test-server.ts'
import { redisDatabase } from '../../fixtures/redis-database.ts'
import { shopDatabase } from '../../fixtures/shop-database.ts'
import { shopParts } from '../../fixtures/shop-parts.ts'
import { exposeMetrics } from '../../platform/http/metrics.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { connectDatabase, oneDatabase } from '../../platform/mysql/database.ts'
import { undividedStore } from '../../platform/mysql/store.ts'
import type { Repeated } from '../../platform/process/repeated.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { cachedRecentlyViewed } from './cached.ts'
import { databaseRecentlyViewed } from './database.ts'
import { upsertViewLists } from './queries.ts'
import { queuedRecentlyViewed } from './queued.ts'
import { MOST_VIEWED, VIEWS_KEPT_MS } from './recently-viewed.ts'

const QUEUE = KEYS.viewQueue('views')

const { databases, redis } = shopParts(() => shopDatabase(inject('databaseUrl')))
let queued: ReturnType<typeof queuedRecentlyViewed>

beforeEach(() => {
  queued = queuedRecentlyViewed(redis.shop, databases)
})
afterEach(() => vi.restoreAllMocks())

const inMysql = (userId: string) => databaseRecentlyViewed(databases).of(userId)

/** What a running app does each second. */
async function flush(work: Repeated): Promise<void> {
  work.start()
  await work.stop()
}

async function metric(name: string, label = ''): Promise<number> {
  const app = Fastify()
  exposeMetrics(app, 'test')
  const { body } = await app.inject('/metrics')
  await app.close()
  const line = body.split('\n').find((one) => one.startsWith(`outgrow_views_${name}{`) && one.includes(label))
  return Number(line?.split(' ').at(-1) ?? 0)
}

const dropped = (reason: 'full' | 'down') => metric('dropped_total', `reason="${reason}"`)

describe('a corrupt value in the queue', () => {
  const CORRUPT: [string, string, string | Buffer][] = [
    ['no times', 'usr_a', 'nonsense'],
    ['nothing', 'usr_b', ''],
    ['a time that no calendar has', 'usr_c', `${'9'.repeat(20)} ${'9'.repeat(20)} prd_1`],
    ['no product', 'usr_d', '1 2 '],
    ['more products than are kept', 'usr_e', `1 2 ${Array(40).fill('prd_1').join(' ')}`],
    ['a product that is none', 'usr_f', '1 2 prd_1 ((*'],
    ['bytes that are no text', 'usr_g', Buffer.from([0x31, 0xff, 0xc3])],
    ['a user that is none', `usr_${'x'.repeat(100)}`, '1 2 prd_1'],
  ]

  test('is logged and thrown away, and what waits beside it is written', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await queued.add('usr_01', 'prd_1')
    for (const [, field, entry] of CORRUPT) await redis.lab.hset(QUEUE, field, entry)
    await flush(queued)
    expect(await inMysql('usr_01')).toEqual(['prd_1'])
    expect(await redis.lab.hlen(QUEUE)).toBe(0)
    const lines = CORRUPT.map(([, field]) => expect.stringContaining(`${QUEUE}, field ${field} holds what no app has written`))
    expect(log.mock.calls.flat()).toEqual(expect.arrayContaining(lines))
    expect(await queued.of('usr_a')).toEqual([])
  })

  test('in its whole place gives way to the next view', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {})
    await redis.lab.set(QUEUE, 'nonsense')
    await queued.add('usr_01', 'prd_1')
    await flush(queued)
    expect(await inMysql('usr_01')).toEqual(['prd_1'])
  })
})

describe('views that wait', () => {
  test('are shown by every app before MySQL has them, and are in MySQL a flush later', async () => {
    const other = queuedRecentlyViewed(await redis.connect(), databases)
    await queued.add('usr_01', 'prd_1')
    await queued.add('usr_01', 'prd_2')
    expect(await other.of('usr_01')).toEqual(['prd_2', 'prd_1'])
    expect(await inMysql('usr_01')).toEqual([])
    await flush(other)
    expect(await inMysql('usr_01')).toEqual(['prd_2', 'prd_1'])
    expect(await redis.lab.exists(QUEUE)).toBe(0)
    expect(await other.of('usr_01')).toEqual(['prd_2', 'prd_1'])
  })

  test('come before those that MySQL has, each once', async () => {
    for (const id of ['prd_1', 'prd_11', 'prd_2', 'prd_3']) await queued.add('usr_01', id)
    await flush(queued)
    for (const id of ['prd_4', 'prd_11', 'prd_1', 'prd_4']) await queued.add('usr_01', id)
    const expected = ['prd_4', 'prd_1', 'prd_11', 'prd_3', 'prd_2']
    expect(await queued.of('usr_01')).toEqual(expected)
    await flush(queued)
    expect(await inMysql('usr_01')).toEqual(expected)
  })

  test('stand in one field a user, which does not grow, and not for ever', async () => {
    for (let number = 0; number < 2 * MOST_VIEWED; number++) await queued.add('usr_01', `prd_${number}`)
    expect(await redis.lab.hlen(QUEUE)).toBe(1)
    const [since, viewedAt, ...ids] = (await redis.lab.hget(QUEUE, 'usr_01'))?.split(' ') ?? []
    expect(ids).toEqual(Array.from({ length: MOST_VIEWED }, (_, index) => `prd_${2 * MOST_VIEWED - 1 - index}`))
    expect(Number(since)).toBeLessThanOrEqual(Number(viewedAt))
    const left = await redis.lab.pttl(QUEUE)
    expect(left).toBeGreaterThan(VIEWS_KEPT_MS - 60_000)
  })

  test('are shown from a list in the cache, and found again when that is lost', async () => {
    const viewed = cachedRecentlyViewed(redis.shop, queued)
    await viewed.add('usr_01', 'prd_1')
    await flush(queued)
    expect(await viewed.of('usr_01')).toEqual(['prd_1'])
    await viewed.add('usr_01', 'prd_2')
    expect(await redis.lab.lrange(KEYS.recentlyViewed('usr_01'), 0, -1)).toEqual(['prd_2', 'prd_1'])
    await redis.lab.del(KEYS.recentlyViewed('usr_01'))
    expect(await viewed.of('usr_01')).toEqual(['prd_2', 'prd_1'])
  })

  test('all land, in their order, while four apps take views and flush at once', async () => {
    const apps = [queued]
    while (apps.length < 4) apps.push(queuedRecentlyViewed(await redis.connect(), databases))
    const users = Array.from({ length: 300 }, (_, index) => `usr_${index}_00`)
    let goesOn = true
    const flushing = apps.map(async (app) => {
      while (goesOn) await flush(app)
    })
    const shopping = users.map(async (user) => {
      for (let number = 0; number < 30; number++) await apps[(number * 7 + user.length) % 4]?.add(user, `prd_${number % 25}`)
    })
    await Promise.all(shopping)
    goesOn = false
    await Promise.all(flushing)
    for (const app of apps) await flush(app)
    const expected = Array.from({ length: MOST_VIEWED }, (_, index) => `prd_${(29 - index) % 25}`)
    for (const user of users) expect(await inMysql(user), user).toEqual(expected)
    expect(await redis.lab.exists(QUEUE)).toBe(0)
  })
})

describe('a batch', () => {
  const limits = { most: MOST_VIEWED, oldest: new Date(Date.now() - VIEWS_KEPT_MS) }
  const write = (productIds: string[], viewedAt: number) =>
    upsertViewLists(databases.writes, [{ userId: 'usr_01', productIds, viewedAt: new Date(viewedAt) }], limits)
  const [early, late] = [Date.now() - 2_000, Date.now() - 1_000]

  test('that comes twice changes nothing the second time', async () => {
    await write(['prd_2', 'prd_1'], early)
    await write(['prd_2', 'prd_1'], early)
    expect(await inMysql('usr_01')).toEqual(['prd_2', 'prd_1'])
  })

  test('that comes late, from an app that was held up, does not put old views first', async () => {
    await write(['prd_3', 'prd_2', 'prd_1'], late)
    await write(['prd_2', 'prd_1'], early)
    expect(await inMysql('usr_01')).toEqual(['prd_3', 'prd_2', 'prd_1'])
  })

  test('begins a list anew that is older than views are kept', async () => {
    await write(['prd_1'], limits.oldest.getTime() - 1_000)
    await write(['prd_2'], late)
    expect(await inMysql('usr_01')).toEqual(['prd_2'])
  })
})

describe('what cannot be queued or written', () => {
  test('is dropped and counted when the queue is full, but for users who wait there already', async () => {
    const small = queuedRecentlyViewed(redis.shop, databases, { mostUsers: 2 })
    const before = await dropped('full')
    for (const user of ['usr_01', 'usr_02', 'usr_03']) await small.add(user, 'prd_1')
    await small.add('usr_01', 'prd_2')
    expect(await redis.lab.hlen(QUEUE)).toBe(2)
    expect(await dropped('full')).toBe(before + 1)
    await flush(small)
    expect([await inMysql('usr_01'), await inMysql('usr_03')]).toEqual([['prd_2', 'prd_1'], []])
    await small.add('usr_03', 'prd_1')
    expect(await small.of('usr_03')).toEqual(['prd_1'])
  })

  test('is dropped and counted while Redis is away', async () => {
    const server = await startTestRedis({ role: 'state' })
    const own = await redisDatabase(server.url)
    onTestFinished(own.close)
    const viewed = queuedRecentlyViewed(own.shop, databases)
    await viewed.add('usr_01', 'prd_1')
    await flush(viewed)
    const before = await dropped('down')
    await server.stop()
    await viewed.add('usr_01', 'prd_2')
    expect(await dropped('down')).toBe(before + 1)
    expect(await viewed.of('usr_01')).toEqual(['prd_1'])
  })

  test('waits while MySQL is away, and the metrics say how long', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const down = oneDatabase(connectDatabase({ ...parseDatabaseUrl('test', inject('databaseUrl')), port: 1 }))
    onTestFinished(down.close)
    const cutOff = queuedRecentlyViewed(await redis.connect(), undividedStore('db', down))
    await cutOff.add('usr_01', 'prd_1')
    await flush(cutOff)
    expect(log.mock.calls).toEqual([[expect.stringContaining('writing views to MySQL failed')]])
    expect(await metric('waiting_users')).toBe(1)
    const lag = await metric('lag_seconds')
    const lagLater = async () => {
      await flush(cutOff)
      return metric('lag_seconds')
    }
    await expect.poll(lagLater).toBeGreaterThan(lag)
    await flush(queued)
    expect(await inMysql('usr_01')).toEqual(['prd_1'])
    await flush(queued)
    expect([await metric('waiting_users'), await metric('lag_seconds')]).toEqual([0, 0])
  })
})
