/** Write-behind (B7) when its parts are killed: an app in the middle of a batch, and the Redis that holds the queue. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { freePort } from '../../../infra/process/free-port.ts'
import { endOwned, ownedFolder, spawnOwned } from '../../../infra/process/owned-process.ts'
import { startTestRedis } from '../../../infra/redis/test-server.ts'
import { settingsOf } from '../../../infra/stage/settings.ts'
import { appEnvironment } from '../../fixtures/app-document.ts'
import { type RedisDatabase, redisDatabase } from '../../fixtures/redis-database.ts'
import { type OwnDatabase, shopDatabase } from '../../fixtures/shop-database.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { databaseRecentlyViewed } from './database.ts'
import { queuedRecentlyViewed } from './queued.ts'
import { MOST_VIEWED, type RecentlyViewed } from './recently-viewed.ts'

const QUEUE = KEYS.viewQueue('views')
const USERS = ['usr_01', 'usr_02', 'usr_03']
const WITHIN = { timeout: 20_000, interval: 20 }
const STAGE = { sessions: 'memory', cache: 'none', checkout: 'transaction' } as const

let databases: OwnDatabase
beforeEach(async () => {
  databases = await shopDatabase(inject('databaseUrl'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await databases.close()
})

const inMysql = (userId: string) => databaseRecentlyViewed(databases).of(userId)

/** What a running app does each second, by its client of Redis. */
async function flush(state: RedisDatabase['shop']): Promise<void> {
  const queued = queuedRecentlyViewed(state, databases)
  queued.start()
  await queued.stop()
}

describe('an app that is killed', () => {
  let redis: RedisDatabase
  let redisUrl: string
  beforeEach(async () => {
    const server = await startTestRedis()
    redis = await redisDatabase(server.url)
    redisUrl = redis.url
    const queued = queuedRecentlyViewed(redis.shop, databases)
    for (const id of ['prd_1', 'prd_2']) for (const user of USERS) await queued.add(user, id)
    await flush(redis.shop)
    for (const id of ['prd_3', 'prd_1']) for (const user of USERS) await queued.add(user, id)
    return async () => {
      redis.close()
      await server.stop()
    }
  })

  /** The shop's own process, which flushes as soon as it runs. */
  async function startApp(): Promise<() => Promise<void>> {
    const settings = settingsOf(STAGE, ['hotData=redis', 'views=write-behind'])
    const told = { port: await freePort(), databaseUrl: databases.url, cacheUrl: redisUrl, stateUrl: redisUrl, settings }
    const env = { PATH: process.env.PATH, ...appEnvironment(told) }
    const child = spawnOwned({ path: process.execPath, args: [join(import.meta.dirname, '../../shop/main.ts')], env })
    const kill = () => endOwned(child)
    onTestFinished(kill)
    return kill
  }

  const waiting = () => redis.lab.hlen(QUEUE)
  const landed = async () => Promise.all(USERS.map(inMysql))
  const before = USERS.map(() => ['prd_2', 'prd_1'])
  const after = USERS.map(() => ['prd_1', 'prd_3', 'prd_2'])

  test('before its batch is committed leaves it to the next, and all views land once', async () => {
    const locked = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const locking = databases.writes.transaction().execute(async (trx) => {
      await trx.selectFrom('recent_views').select('user_id').where('user_id', '=', 'usr_02').forUpdate().execute()
      locked.resolve()
      await release.promise
    })
    await locked.promise
    const kill = await startApp()
    await vi.waitFor(async () => expect(await isWriting()).toBe(true), WITHIN)
    await kill()
    expect([await landed(), await waiting()]).toEqual([before, USERS.length])
    release.resolve()
    await locking
    await flush(redis.shop)
    expect([await landed(), await waiting()]).toEqual([after, 0])
  })

  test('after the commit and before its batch has left the queue lets it be written again, and nothing is there twice', async () => {
    await redis.lab.client('PAUSE', 60_000, 'WRITE')
    const kill = await startApp()
    await vi.waitFor(async () => expect(await landed()).toEqual(after), WITHIN)
    await kill()
    expect(await waiting()).toBe(USERS.length)
    await redis.lab.client('UNPAUSE')
    await flush(redis.shop)
    expect([await landed(), await waiting()]).toEqual([after, 0])
  })

  async function isWriting(): Promise<boolean> {
    const { rows } = await sql<{ db: string | null; Info: string | null }>`show processlist`.execute(databases.writes)
    return rows.some(({ db, Info }) => databases.url.endsWith(`/${db}`) && Info?.startsWith('insert into `recent_views`'))
  }
})

describe('the Redis of the queue', () => {
  async function start() {
    const folder = await ownedFolder('outgrow-aof-')
    const options = [`dir "${folder.path}"`]
    const server = await startTestRedis({ role: 'state', options })
    const redis = await redisDatabase(server.url)
    onTestFinished(async () => {
      redis.close()
      await server.stop()
      await folder.remove()
    })
    return { ...redis, server, restart: () => startTestRedis({ role: 'state', options, port: server.port }) }
  }

  /** Views one product after the other, each by one user alone, until Redis is gone; answers when each was answered. */
  async function viewUntilGone(shop: RedisDatabase['shop'], viewed: RecentlyViewed): Promise<number[]> {
    const answeredAt: number[] = []
    while (shop.status === 'ready') {
      await viewed.add(userOf(answeredAt.length), `prd_${answeredAt.length}`)
      if (shop.status === 'ready') answeredAt.push(performance.now())
    }
    return answeredAt
  }

  const userOf = (number: number) => `usr_${Math.floor(number / MOST_VIEWED)}_00`

  async function missing(count: number): Promise<number[]> {
    const lists = await databases.writes.selectFrom('recent_views').select('product_ids').execute()
    const known = new Set(lists.flatMap(({ product_ids }) => product_ids.split(' ')))
    return Array.from({ length: count }, (_, number) => number).filter((number) => !known.has(`prd_${number}`))
  }

  test('that is killed and started again has lost no more than its last moment', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {})
    const { shop, server, restart } = await start()
    const viewing = viewUntilGone(shop, queuedRecentlyViewed(shop, databases))
    await sleep(2_500)
    const killedAt = performance.now()
    await server.stop()
    const answeredAt = await viewing
    const again = await restart()
    onTestFinished(again.stop)
    await vi.waitFor(() => expect(shop.status).toBe('ready'), WITHIN)
    await flush(shop)
    const lost = await missing(answeredAt.length)
    const oldestMs = Math.max(0, ...lost.map((number) => killedAt - (answeredAt[number] ?? 0)))
    vi.restoreAllMocks()
    console.log(
      `Redis killed and started again: of ${answeredAt.length} views that it had taken in ${Math.round(killedAt - (answeredAt[0] ?? 0))} ms, ` +
        `${lost.length} are lost, the oldest ${Math.round(oldestMs)} ms old`,
    )
    expect(answeredAt.length).toBeGreaterThan(MOST_VIEWED)
    // The last ones, and none before them: two seconds is as long as Redis puts off a write while its disk is busy.
    expect(lost).toEqual(lost.map((_, index) => answeredAt.length - lost.length + index))
    expect(oldestMs).toBeLessThanOrEqual(2_000)
  })

  test('that is emptied has lost what came after the last flush, and nothing else', async () => {
    const { shop, lab } = await start()
    const queued = queuedRecentlyViewed(shop, databases)
    for (let number = 0; number < 60; number++) {
      if (number === 45) await flush(shop)
      await queued.add(userOf(number), `prd_${number}`)
    }
    await lab.flushall()
    await flush(shop)
    expect(await missing(60)).toEqual(Array.from({ length: 15 }, (_, index) => 45 + index))
  })
})
