/** A real primary dies under the apps' hands, and a real keeper names another one. */

import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { startTestGroup, type TestGroup } from '../../../infra/mysql/test-group.ts'
import { answering, appDatabases } from '../../fixtures/group-shop.ts'
import { ordersOn } from '../../fixtures/orders.ts'
import { type RedisDatabase, redisDatabase } from '../../fixtures/redis-database.ts'
import { fillShop, type ShopDatabase } from '../../fixtures/shop-database.ts'
import type { Orders } from '../../orders/orders.ts'
import { toShopError } from '../http/problems.ts'

/** For what comes by itself, however slow the machine is. */
const SOON = { timeout: 20_000 }
const STOCK = 100_000
const ITEMS = [{ productId: 'prd_a', quantity: 1 }]
const REQUEST_HASH = Buffer.alloc(32)
const BUYERS = 6

let group: TestGroup
let redis: RedisDatabase
let apps: ShopDatabase[]

beforeEach(async () => {
  group = await startTestGroup()
  redis = await redisDatabase(inject('redisUrl'))
  const names = ['app-1', 'app-2']
  apps = await Promise.all(names.map(async (name) => appDatabases(group, await redis.connect(), { name })))
  await fillShop(first(apps).writes, [{ id: 'prd_a', stock: STOCK }])
})
afterEach(async () => {
  await Promise.all(apps.map((databases) => databases.close()))
  redis.close()
  await group.stop()
})

function first<Item>([item]: readonly Item[]): Item {
  if (item === undefined) throw new Error('there is none')
  return item
}

type Seen = { placed: Set<string>; codes: Set<string>; missing: string[]; failedReads: Set<string> }

/** Buys and looks at what was bought, through one app and the other in turn; a request without an answer is sent again. */
async function shopUntil(stop: AbortSignal, seen: Seen, userId: string): Promise<void> {
  const shops = apps.map((databases) => ordersOn(databases))
  for (let number = 0; !stop.aborted; number += 1) {
    const [one, other] = number % 2 ? shops : shops.toReversed()
    if (!one || !other) throw new Error('there are two apps')
    const id = await buy(one, userId, `key-${number}`, seen)
    if (id !== undefined) await look(other, userId, id, seen)
  }
}

async function buy(orders: Orders, userId: string, key: string, seen: Seen): Promise<string | undefined> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    try {
      const { value } = await orders.place({ userId, key, requestHash: REQUEST_HASH }, { items: ITEMS })
      seen.placed.add(value.id)
      return value.id
    } catch (error) {
      seen.codes.add(toShopError(error as Parameters<typeof toShopError>[0]).code)
      await sleep(50)
    }
  }
  return undefined
}

async function look(orders: Orders, userId: string, id: string, seen: Seen): Promise<void> {
  try {
    await orders.find(userId, id)
  } catch (error) {
    const { code } = toShopError(error as Parameters<typeof toShopError>[0])
    if (code === 'ORDER_NOT_FOUND') seen.missing.push(id)
    // To be sure of the newest data takes a primary where Redis or the replicas cannot tell.
    else if (code !== 'UNAVAILABLE') seen.failedReads.add(code)
  }
}

/** Reads that any replica may answer, all the while. */
async function browseUntil(stop: AbortSignal, seen: Seen): Promise<void> {
  while (!stop.aborted) {
    for (const { reads } of apps) {
      await reads
        .selectFrom('products')
        .select('id')
        .execute()
        .catch((error) => seen.failedReads.add(String(error)))
    }
    await sleep(5)
  }
}

test('buyers go on without a restart of the apps: nothing acknowledged is lost or unseen, and no read fails', async () => {
  const seen: Seen = { placed: new Set(), codes: new Set(), missing: [], failedReads: new Set() }
  const stop = new AbortController()
  const buyers = Array.from({ length: BUYERS }, (_, index) => shopUntil(stop.signal, seen, `usr_${index}_00`))
  const browsers = [browseUntil(stop.signal, seen), browseUntil(stop.signal, seen)]
  await expect.poll(() => seen.placed.size, SOON).toBeGreaterThan(50)
  group.signal('primary', 'SIGKILL')
  await group.until(({ primary }) => primary !== null && primary !== 'primary')
  const before = seen.placed.size
  await expect.poll(() => seen.placed.size, SOON).toBeGreaterThan(before + 50)
  await group.restart('primary')
  await group.until(({ replicas }) => replicas.length === 2 && replicas.every(({ serving }) => serving))
  await expect.poll(() => first(apps).reads && answering(group, first(apps).reads), SOON).toBe('primary')
  stop.abort()
  await Promise.all([...buyers, ...browsers])

  expect([seen.missing, [...seen.failedReads]]).toEqual([[], []])
  expect([...seen.codes].filter((code) => code !== 'UNAVAILABLE' && code !== 'KEY_IN_USE')).toEqual([])
  const { writes } = first(apps)
  const stored = await writes.selectFrom('orders').select('id').execute()
  const { stock } = await writes.selectFrom('products').select('stock').executeTakeFirstOrThrow()
  expect([...seen.placed].filter((id) => !stored.some((row) => row.id === id))).toEqual([])
  expect(stored.length).toBe(STOCK - stock)
})

test('a keeper that is started again costs no write', async () => {
  const stop = new AbortController()
  const seen: Seen = { placed: new Set(), codes: new Set(), missing: [], failedReads: new Set() }
  const buyers = Array.from({ length: BUYERS }, (_, index) => shopUntil(stop.signal, seen, `usr_${index}_00`))
  await group.stopKeeper()
  const before = seen.placed.size
  await expect.poll(() => seen.placed.size, SOON).toBeGreaterThan(before + 20)
  await group.startKeeper()
  await group.until(({ primary }) => primary === 'primary')
  const after = seen.placed.size
  await expect.poll(() => seen.placed.size, SOON).toBeGreaterThan(after + 50)
  stop.abort()
  await Promise.all(buyers)
  expect([[...seen.codes], seen.missing, [...seen.failedReads]]).toEqual([[], [], []])
})
