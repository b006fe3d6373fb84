/** What the shop asks, a Cluster of three servers takes. */
import { Command } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest'
import { startTestCluster, type TestCluster } from '../../infra/redis/test-cluster.ts'
import { ordersOn } from '../fixtures/orders.ts'
import { type ShopDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import { makeCarts } from '../orders/cart/cart.ts'
import { makeSet, redisBestsellers } from '../orders/redis-bestsellers.ts'
import { redisCache } from '../platform/cache/cache.ts'
import { redisFailureLimiter, redisLimiter } from '../platform/limits/redis-limits.ts'
import { writtenPositions } from '../platform/mysql/written-positions.ts'
import { parseRedisUrl } from '../platform/redis/address.ts'
import type { ClusterRedis } from '../platform/redis/cluster.ts'
import type { Key } from '../platform/redis/key.ts'
import { KEYS, type Together, together } from '../platform/redis/keys.ts'
import { connectStateCluster } from '../platform/redis/redis.ts'
import { saleScripts } from '../products/flash-sales/scripts.ts'
import { makeProducts } from '../products/products.ts'
import { redisProductCache } from '../products/redis-product-cache.ts'
import { cachedRecentlyViewed } from '../users/recently-viewed/cached.ts'
import { queuedRecentlyViewed } from '../users/recently-viewed/queued.ts'
import { redisRecentlyViewed } from '../users/recently-viewed/redis.ts'
import { redisSessions } from '../users/redis-sessions.ts'
import { redisVerificationCodes } from '../users/redis-verification-codes.ts'
import { databaseRevocations } from '../users/revocations.ts'
import { hashToken, newToken } from '../users/sessions.ts'

const LIMIT = { name: 'test', most: 5, windowMs: 60_000 }
const PRODUCTS = ['prd_a', 'prd_b', 'prd_c'].map((id) => ({ id, stock: 1_000 }))
const user = { id: 'usr_01', email: 'ada@example.com', name: 'Ada', role: 'shopper' } as const

let cluster: TestCluster
let redis: ClusterRedis
let databases: ShopDatabase
/** All that was sent, with what was thrown. */
let sent: Command[]
const errors: string[] = []

beforeAll(async () => {
  cluster = await startTestCluster({})
  redis = connectStateCluster(parseRedisUrl('the test Cluster', cluster.url), () => {})
  if (redis.status !== 'ready') await new Promise<void>((resolve) => redis.once('ready', resolve))
  databases = await shopDatabase(inject('databaseUrl'), PRODUCTS)
})
afterAll(async () => {
  redis.close()
  await databases.close()
  await cluster.stop()
})
beforeEach(() => {
  sent = []
  errors.length = 0
  const ask = redis.ask.bind(redis)
  vi.spyOn(redis, 'ask').mockImplementation((name, args, encoding) => {
    sent.push(new Command(name, [...args]))
    const answer = ask(name, args, encoding)
    answer.catch(({ message }: Error) => errors.push(message))
    return answer
  })
  return () => void vi.restoreAllMocks()
})

const MAKERS: Record<string, { readonly together: readonly string[]; use(): Promise<unknown> }> = {
  sessions: {
    together: [],
    async use() {
      const sessions = redisSessions(redis, databaseRevocations(redis, databases))
      const hashes = [1, 2, 3].map(() => hashToken(newToken('usr_00')))
      for (const hash of hashes) await sessions.create(hash, user)
      const [first = Buffer.alloc(0), ...others] = hashes
      await sessions.end(first)
      await sessions.endAll(user.id)
      expect(await Promise.all(others.map((hash) => sessions.find(hash)))).toEqual([undefined, undefined])
      // A new app tells Redis of all of them.
      await redisSessions(redis, databaseRevocations(redis, databases)).find(first)
    },
  },
  limits: {
    together: ['eval'],
    async use() {
      await redisLimiter(redis, LIMIT).take('{}a}@example.com')
      const failures = redisFailureLimiter(redis, LIMIT)
      for (const whose of ['{}a}@example.com', '} 127.0.0.1']) await failures.guard(whose, async () => undefined)
    },
  },
  cache: {
    together: ['mget'],
    async use() {
      const settings = { stampede: 'all', jitter: 'on', invalidation: 'versioned', hotKeys: 'on' } as const
      for (const invalidation of ['versioned', 'delete', 'none'] as const) {
        const cache = redisCache(redis, databases, { ...settings, invalidation })
        const shop = redisProductCache({ products: makeProducts(databases), writes: databases.writes, cache, ttlMs: 60_000 })
        for (let turn = 0; turn < 2; turn++) {
          // There is no category, so no page; that is kept too.
          await shop.page('prd_a').catch(noPage)
          await shop.list({ sort: 'price', limit: 2 })
          await shop.change('prd_a', { priceCents: 100 + turn }).catch(noPage)
          await shop.stockChanged(['prd_a', 'prd_b'])
        }
        await cache.stop()
      }
    },
  },
  carts: {
    together: ['mget'],
    async use() {
      const cache = redisCache(redis, databases, { stampede: 'all', jitter: 'on', invalidation: 'versioned', hotKeys: 'on' })
      const [products, orders] = [makeProducts(databases), ordersOn(databases)]
      const carts = makeCarts(databases, { products, orders, cached: { cache, ttlMs: 60_000 } })
      for (const quantity of [1, 2]) await carts.put(user.id, { productId: 'prd_a', quantity })
      await carts.order({ userId: user.id, key: 'cart', requestHash: Buffer.alloc(32) })
      expect(await carts.of(user.id)).toEqual({ items: [], totalCents: 0 })
      await cache.stop()
    },
  },
  bestsellers: {
    together: ['eval'],
    async use() {
      await makeSet(redis, databases)
      const items = PRODUCTS.map(({ id }) => ({ productId: id, quantity: 1, name: '', unitPriceCents: 1 }))
      const bestsellers = redisBestsellers(redis, databases)
      const count = await bestsellers.selling({ id: 'ord_1', items })
      await count()
      await expect.poll(async () => (await bestsellers.top(9)).length).toBe(PRODUCTS.length)
    },
  },
  'flash sales': {
    together: [],
    async use() {
      const sales = saleScripts(redis)
      const open = { ends_at: new Date(Date.now() + 60_000) }
      for (const [index, { id }] of PRODUCTS.entries()) await sales.open({ ...open, product_id: id }, index)
      const items = PRODUCTS.map(({ id }) => ({ productId: id, quantity: 1 }))
      expect(await sales.take('request', items)).toMatchObject({ gone: { productId: 'prd_a', left: 0 }, taken: [] })
      expect(await sales.take('request', items.slice(1))).toEqual({ gone: undefined, taken: ['prd_b', 'prd_c'] })
    },
  },
  'verification codes': {
    together: [],
    async use() {
      const codes = redisVerificationCodes(redis)
      await codes.issue(user.email, Buffer.from('digest'))
      expect(await codes.redeem(user.email, Buffer.from('digest'))).toBe(true)
    },
  },
  views: {
    together: [],
    async use() {
      const queued = queuedRecentlyViewed(redis, databases)
      for (const views of [cachedRecentlyViewed(redis, queued), redisRecentlyViewed(redis)]) {
        for (const { id } of PRODUCTS) await views.add(user.id, id)
        expect(await views.of(user.id)).toEqual(['prd_c', 'prd_b', 'prd_a'])
      }
      queued.start()
      await queued.stop()
    },
  },
  positions: {
    together: [],
    async use() {
      const positions = writtenPositions(redis, 'app-1', { rememberedMs: 1_000, quarantineMs: 0 })
      await positions.store(user.id, '1-2-3', 'written')
      expect(await positions.find(user.id)).toEqual(['1-2-3'])
    },
  },
}

test.each(Object.entries(MAKERS))('%s ask nothing that a Cluster refuses', async (_name, { use, together: commands }) => {
  await use()
  expect(errors.filter((message) => !message.startsWith('NOSCRIPT'))).toEqual([])
  const keySets = sent.map((command) => ({ name: command.name.replace('evalsha', 'eval'), keys: command.getKeys().map(String) }))
  const several = keySets.filter(({ keys }) => keys.length > 1)
  expect([...new Set(several.map(({ name }) => name))].toSorted(), 'commands with several keys').toEqual(commands)
  for (const { keys } of several) expect(new Set(await slotsOf(keys)).size, keys.join(' ')).toBe(1)
})

test('what is not together is refused here as it is by a Cluster, and what is has one slot', async () => {
  const apart = [KEYS.session('1'), KEYS.sessionsOfUser('usr_1')] as const
  expect(() => together(...apart)).toThrow('have not one tag')
  await expect(redis.mgetBuffer(apart as unknown as Together)).rejects.toThrow('CROSSSLOT')
  for (const tag of ['prd_a', 'a{b', 'a}b', '{', 'x'.repeat(200), 'Zoë']) {
    // Those of which there is only one have no tag.
    const tagged = Object.values<Key>(KEYS).filter((key) => key.tag !== '')
    const keys = together(...tagged.flatMap((key) => [key(tag), key(tag, ':more')]))
    expect(new Set(await slotsOf(keys)).size).toBe(1)
  }
})

function noPage(error: unknown): void {
  expect(error).toMatchObject({ code: 'PRODUCT_NOT_FOUND' })
}

function slotsOf(keys: readonly string[]): Promise<unknown[]> {
  return cluster.ask('node-1', (lab) => Promise.all(keys.map((key) => lab.cluster('KEYSLOT', key))))
}
