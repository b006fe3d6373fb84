/** Carts of two apps with one cache: each shows what the other has just been told, whatever becomes of Redis or of the replicas. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, inject, onTestFinished, test, vi } from 'vitest'
import { ordersOn } from '../../fixtures/orders.ts'
import { asStore, type OwnDatabase, type ShopDatabase, shopDatabase } from '../../fixtures/shop-database.ts'
import { testApps } from '../../platform/cache/test-apps.ts'
import { serverWith } from '../../platform/cache/test-shop.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { makeProducts } from '../../products/products.ts'
import { type Carts, makeCarts } from './cart.ts'

const IDS = ['prd_a', 'prd_b', 'prd_c']
/** A replica that has not heard of anything yet. */
let late: OwnDatabase
let primary: OwnDatabase
let databases: ShopDatabase
let serial = 0
let userId: string

beforeAll(async () => {
  const products = IDS.map((id) => ({ id, stock: 10_000 }))
  primary = await shopDatabase(inject('databaseUrl'), products)
  late = await shopDatabase(inject('databaseUrl'), products)
  databases = asStore({ ...primary.of(''), reads: late.reads })
})
afterAll(() => Promise.all([primary.close(), late.close()]))
beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  serial += 1
  userId = `usr_${String(serial).padStart(26, '0')}`
  return () => void vi.restoreAllMocks()
})

async function twoApps(options: string[] = []) {
  const server = await serverWith(options)
  const apps = await testApps(server.url, { count: 2, bounded: true, databases })
  onTestFinished(apps.close)
  const carts = apps.list.map(({ cache }) => cartsOn({ cache, ttlMs: 60_000 }))
  const [one, other] = carts as [Carts, Carts]
  const [redis] = apps.list.map((app) => app.redis)
  return { server, one, other, redis }
}

function cartsOn(cached?: Parameters<typeof makeCarts>[1]['cached']): Carts {
  return makeCarts(databases, { products: makeProducts(databases), orders: ordersOn(databases), ...(cached && { cached }) })
}

const request = () => ({ userId, key: randomUUID(), requestHash: Buffer.alloc(32) })
const linesOf = async (carts: Carts) =>
  (await carts.of(userId)).items.map(({ productId, quantity }) => `${productId} ${quantity}`)

let quantity = 0

/** Puts a product in through the one and orders it through the other; both show each step at once. */
async function expectRight(one: Carts, other: Carts): Promise<void> {
  quantity = (quantity % 90) + 1
  await one.put(userId, { productId: 'prd_a', quantity })
  for (const carts of [other, one]) expect(await linesOf(carts)).toEqual([`prd_a ${quantity}`])
  await other.order(request())
  for (const carts of [one, other]) expect(await linesOf(carts)).toEqual([])
}

/** How often MySQL was asked for a cart meanwhile. */
async function reads(work: () => Promise<unknown>): Promise<number> {
  const asked = vi.spyOn(databases.of(userId), 'readsOf')
  await work()
  const { length } = asked.mock.calls
  asked.mockRestore()
  return length
}

test('what was put in is in Redis before the answer: nobody asks MySQL for it', async () => {
  const { server, one, other } = await twoApps()
  await one.put(userId, { productId: 'prd_a', quantity: 2 })
  expect(await reads(async () => expect(await linesOf(other)).toEqual(['prd_a 2']))).toBe(0)
  expect(await server.lab.pttl(KEYS.cart(userId))).toBeGreaterThan(0)
})

test('each app shows at once what the other was told', async () => {
  const { one, other } = await twoApps()
  for (let turn = 0; turn < 10; turn++) await expectRight(...((turn % 2 ? [one, other] : [other, one]) as [Carts, Carts]))
})

test('a replica that is late shows no cart to its owner, with a cache or without', async () => {
  const { one } = await twoApps()
  for (const carts of [one, cartsOn()]) await expectRight(carts, carts)
})

test('an emptied Redis, and one with values that no app has written: carts come from MySQL', async () => {
  const { server, one, other } = await twoApps()
  await one.put(userId, { productId: 'prd_b', quantity: 3 })
  const harms = [
    () => server.lab.flushall(),
    () => server.lab.set(KEYS.cart(userId), 'nonsense'),
    () => server.lab.del(KEYS.cart(userId)).then(() => server.lab.lpush(KEYS.cart(userId), 'prd_c 9')),
  ]
  for (const harm of harms) {
    await harm()
    for (const carts of [other, one]) expect(await linesOf(carts)).toEqual(['prd_b 3'])
  }
})

test('a Redis that is dead: carts go on', async () => {
  const { server, one, other } = await twoApps()
  await expectRight(one, other)
  await server.stop()
  for (let turn = 0; turn < 3; turn++) await expectRight(one, other)
})

test('a Redis that hangs, and wakes up with what it had: no old cart is shown', async () => {
  const { server, one, other, redis } = await twoApps()
  await one.put(userId, { productId: 'prd_b', quantity: 1 })
  const pid = Number(/process_id:(\d+)/.exec(await server.lab.info('server'))?.[1])
  process.kill(pid, 'SIGSTOP')
  try {
    await one.put(userId, { productId: 'prd_b', quantity: 2 })
    expect(await linesOf(other)).toEqual(['prd_b 2'])
    await vi.waitUntil(() => redis?.status !== 'ready', { timeout: 10_000 })
    await other.put(userId, { productId: 'prd_b', quantity: 3 })
    expect(await linesOf(one)).toEqual(['prd_b 3'])
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  const until = performance.now() + 3_000
  while (performance.now() < until) {
    for (const carts of [one, other]) expect(await linesOf(carts)).toEqual(['prd_b 3'])
    await sleep(10)
  }
})

test.each([
  ['full', 'CONFIG SET maxmemory 1', 'CONFIG SET maxmemory 0'],
  ['read-only', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'],
  ['paused for writes', 'CLIENT PAUSE 60000 WRITE', 'CLIENT UNPAUSE'],
])('a Redis that is %s: carts are right, then and afterwards', async (_, begin, end) => {
  const { server, one, other } = await twoApps(['maxmemory-policy noeviction'])
  const say = (line: string) => server.lab.call(...(line.split(' ') as [string, ...string[]]))
  await expectRight(one, other)
  await say(begin)
  for (let turn = 0; turn < 3; turn++) await expectRight(one, other)
  await say(end)
  for (let turn = 0; turn < 3; turn++) {
    await expectRight(other, one)
    await sleep(200)
  }
})

test('a change that nobody knows the end of: the cart is not cached until it is known', async () => {
  const { one, other } = await twoApps()
  await one.put(userId, { productId: 'prd_b', quantity: 1 })
  const wrote = vi.spyOn(databases.of(userId), 'wrote').mockRejectedValueOnce(new Error('no answer'))
  await expect(one.put(userId, { productId: 'prd_b', quantity: 2 })).rejects.toThrow('no answer')
  wrote.mockRestore()
  expect(await reads(async () => expect(await linesOf(other)).toEqual(['prd_b 2']))).toBe(1)
  expect(await reads(() => linesOf(other))).toBe(1)
  await one.put(userId, { productId: 'prd_b', quantity: 3 })
  expect(await reads(async () => expect(await linesOf(other)).toEqual(['prd_b 3']))).toBe(0)
})

test('what found nothing to change ends nobody’s doubts, as it waited for no commit', async () => {
  const { one } = await twoApps()
  await one.put(userId, { productId: 'prd_b', quantity: 1 })
  const once = request()
  await one.order(once)
  await one.put(userId, { productId: 'prd_a', quantity: 2 })
  const doubtful = `${userId}_b`
  const wrote = vi.spyOn(databases.of(doubtful), 'wrote').mockRejectedValueOnce(new Error('no answer'))
  await expect(one.put(doubtful, { productId: 'prd_b', quantity: 2 })).rejects.toThrow('no answer')
  wrote.mockRestore()
  const isCached = async () => (await reads(() => one.of(doubtful))) === 0
  const changingNothing = [
    () => one.put(userId, { productId: 'prd_c', quantity: 0 }),
    () => one.put(userId, { productId: 'prd_a', quantity: 2 }),
    () => one.order(once),
  ]
  for (const attempt of changingNothing) {
    await attempt()
    for (let look = 0; look < 2; look++) expect(await isCached(), String(attempt)).toBe(false)
  }
  await one.put(userId, { productId: 'prd_a', quantity: 0 })
  await one.of(doubtful)
  expect(await isCached()).toBe(true)
})
