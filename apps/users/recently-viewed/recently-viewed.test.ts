import Fastify from 'fastify'
import { beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { startTestRedis } from '../../../infra/redis/test-server.ts'
import { redisDatabase } from '../../fixtures/redis-database.ts'
import { shopDatabase } from '../../fixtures/shop-database.ts'
import { shopParts } from '../../fixtures/shop-parts.ts'
import type { App } from '../../platform/http/server.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { visitorsBySession } from '../authentication.ts'
import { cachedRecentlyViewed } from './cached.ts'
import { databaseRecentlyViewed } from './database.ts'
import { queuedRecentlyViewed } from './queued.ts'
import { MOST_VIEWED, type RecentlyViewed, VIEWS_KEPT_MS } from './recently-viewed.ts'
import { redisRecentlyViewed } from './redis.ts'
import { noteViews } from './routes.ts'

const { databases, redis } = shopParts(() => shopDatabase(inject('databaseUrl')))

const product = (number: number) => `prd_${String(number).padStart(5, '0')}`

/** Makes every list so much older. */
async function age(milliseconds: number): Promise<void> {
  const queued = queuedRecentlyViewed(redis.shop, databases)
  queued.start()
  await queued.stop()
  const viewed_at = new Date(Date.now() - milliseconds)
  await databases.writes.updateTable('recent_views').set({ viewed_at }).execute()
  for (const key of await redis.lab.keys('*')) await redis.lab.pexpire(key, (await redis.lab.pttl(key)) - milliseconds)
}

describe.each([
  ['mysql', () => databaseRecentlyViewed(databases)],
  ['redis', () => redisRecentlyViewed(redis.shop)],
  ['both, written through', () => cachedRecentlyViewed(redis.shop, databaseRecentlyViewed(databases))],
  ['both, written behind', () => cachedRecentlyViewed(redis.shop, queuedRecentlyViewed(redis.shop, databases))],
] as const)('recently viewed products in %s', (_place, make: () => RecentlyViewed) => {
  let viewed: RecentlyViewed
  beforeEach(() => {
    viewed = make()
  })

  test('come last first, each once', async () => {
    expect(await viewed.of('usr_01')).toEqual([])
    // One id is the beginning of another: no part of an id may be taken for one.
    for (const id of ['prd_1', 'prd_11', 'prd_2', 'prd_1', 'prd_1', 'prd_11']) await viewed.add('usr_01', id)
    expect(await viewed.of('usr_01')).toEqual(['prd_11', 'prd_1', 'prd_2'])
  })

  test('are the last twenty', async () => {
    for (let number = 1; number <= 50; number++) await viewed.add('usr_01', product(number))
    expect(await viewed.of('usr_01')).toEqual(Array.from({ length: MOST_VIEWED }, (_, index) => product(50 - index)))
  })

  test('that are looked at at once all count', async () => {
    const ids = Array.from({ length: MOST_VIEWED }, (_, index) => product(index))
    await Promise.all([...ids, ...ids].map((id) => viewed.add('usr_01', id)))
    expect((await viewed.of('usr_01')).sort()).toEqual(ids)
  })

  test('are each user’s own', async () => {
    await viewed.add('usr_01', 'prd_1')
    expect(await viewed.of('usr_02')).toEqual([])
  })

  test('are forgotten thirty days after the last, and then the list begins anew', async () => {
    await viewed.add('usr_01', 'prd_1')
    await age(VIEWS_KEPT_MS - 60_000)
    expect(await viewed.of('usr_01')).toEqual(['prd_1'])
    await viewed.add('usr_01', 'prd_2')
    expect(await viewed.of('usr_01')).toEqual(['prd_2', 'prd_1'])
    await age(VIEWS_KEPT_MS + 1_000)
    expect(await viewed.of('usr_01')).toEqual([])
    await viewed.add('usr_01', 'prd_3')
    expect(await viewed.of('usr_01')).toEqual(['prd_3'])
  })
})

describe('in Redis', () => {
  test('lists lie in the Redis that may forget them, none grows, and none lives for ever', async () => {
    for (let number = 1; number <= 150; number++) await redisRecentlyViewed(redis.shop).add('usr_01', product(number))
    expect(await redis.lab.keys('*')).toEqual(['cache:viewed:{usr_01}'])
    expect(await redis.lab.llen(KEYS.recentlyViewed('usr_01'))).toBe(MOST_VIEWED)
    expect(await redis.lab.pttl(KEYS.recentlyViewed('usr_01'))).toBeGreaterThan(VIEWS_KEPT_MS - 60_000)
  })

  test('nobody has looked at anything while it is gone', async () => {
    const server = await startTestRedis()
    onTestFinished(server.stop)
    const own = await redisDatabase(server.url)
    onTestFinished(own.close)
    const viewed = redisRecentlyViewed(own.shop)
    await viewed.add('usr_01', 'prd_1')
    await server.stop()
    expect(await viewed.of('usr_01')).toEqual([])
  })
})

describe('a product page', () => {
  const user = { id: 'usr_01', email: 'a@example.com', name: 'A', role: 'shopper' } as const

  async function pageThat(add: RecentlyViewed['add']) {
    const users = { findBySession: vi.fn(async (token: string) => (token === 'known' ? user : undefined)) }
    const viewed = { add: vi.fn(add), of: async () => [] }
    const app = Fastify()
    await app.register((await import('@fastify/cookie')).default)
    const parts = { visitors: visitorsBySession(users), views: viewed }
    const onResponse = noteViews(app as unknown as App, parts)
    app.get<{ Params: { id: string } }>('/products/:id', { onResponse }, async ({ params }, reply) => {
      return params.id === 'none' ? reply.code(404).send() : 'page'
    })
    onTestFinished(() => app.close())
    const get = (id: string, sid?: string) => app.inject({ url: `/products/${id}`, ...(sid && { cookies: { sid } }) })
    return { app, get, users, viewed }
  }

  test('notes who looks at it, after it was sent', async () => {
    const { app, get, viewed } = await pageThat(async () => {})
    await get('prd_1', 'known')
    await app.close()
    expect(viewed.add.mock.calls).toEqual([['usr_01', 'prd_1']])
  })

  test('asks nothing for a reader without a session, or for a page that there is not', async () => {
    const { app, get, users, viewed } = await pageThat(async () => {})
    await get('prd_1')
    await get('none', 'known')
    expect(users.findBySession).not.toHaveBeenCalled()
    await get('prd_1', 'over')
    await app.close()
    expect(viewed.add).not.toHaveBeenCalled()
  })

  test('comes though nothing can be noted, and however slowly', async () => {
    const held = Promise.withResolvers<void>()
    const { get, viewed } = await pageThat(() => held.promise)
    const pages = await Promise.all(Array.from({ length: 150 }, () => get('prd_1', 'known')))
    expect(pages.every(({ statusCode }) => statusCode === 200)).toBe(true)
    // What waits has a limit; the rest is forgotten.
    expect(viewed.add).toHaveBeenCalledTimes(100)
    held.reject(new Error('Redis is away'))
    expect((await get('prd_1', 'known')).body).toBe('page')
  })
})
