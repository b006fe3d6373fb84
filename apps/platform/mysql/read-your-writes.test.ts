/** On real replicas that are held up: their data stays as old as it is until they are let go. */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from 'mysql2/promise'
import { afterEach, beforeAll, expect, inject, test } from 'vitest'
import { startTestGroup, type TestGroup } from '../../../infra/mysql/test-group.ts'
import { answering, appDatabases } from '../../fixtures/group-shop.ts'
import { ordersOn } from '../../fixtures/orders.ts'
import { type RedisDatabase, redisDatabase } from '../../fixtures/redis-database.ts'
import { fillShop, type ShopDatabase } from '../../fixtures/shop-database.ts'

/** For what comes by itself, however slow the machine is. */
const SOON = { timeout: 20_000 }
const REPLICAS = ['replica-1', 'replica-2']
/** A replica that is held up must go on serving, or there would be nothing to see. */
const ANY_LAG = { replicaLagLimitMs: 1_000_000 }

let group: TestGroup
let redis: RedisDatabase
let app: ShopDatabase
let otherApp: ShopDatabase

beforeAll(async () => {
  group = await startTestGroup(ANY_LAG)
  redis = await redisDatabase(inject('redisUrl'))
  app = await appDatabases(group, redis.shop, { name: 'app-1' })
  otherApp = await appDatabases(group, await redis.connect(), { name: 'app-2' })
  await fillShop(app.writes, [{ id: 'prd_a', stock: 1_000 }])
  return async () => {
    await Promise.all([app.close(), otherApp.close()])
    redis.close()
    await group.stop()
  }
})

const held: Connection[] = []
afterEach(async () => {
  for (const connection of held.splice(0)) await connection.end()
})

/** Nothing that the primary sends is carried out until the end of the test. */
async function holdUp(name: string): Promise<void> {
  const connection = await group.connectAsKeeper(name)
  held.push(connection)
  await connection.query('FLUSH TABLES WITH READ LOCK')
}

const newUser = () => `usr_${randomUUID().slice(0, 30)}_00`
const place = (databases: ShopDatabase, userId: string) => {
  const request = { userId, key: 'k', requestHash: Buffer.alloc(32) }
  return ordersOn(databases).place(request, { items: [{ productId: 'prd_a', quantity: 1 }] })
}
const reader = async (databases: ShopDatabase, userId: string) => answering(group, await databases.readsOf(userId))

test('Redis is not believed at first, as it may lack the newest writes', async () => {
  expect(await reader(app, newUser())).toBe('primary')
  // Those of the other tests are to be.
  await expect.poll(() => reader(app, newUser()), SOON).not.toBe('primary')
  await expect.poll(() => reader(otherApp, newUser()), SOON).not.toBe('primary')
})

test('who has written nothing lately is served by any replica', async () => {
  await Promise.all(REPLICAS.map(holdUp))
  await place(app, newUser())
  const asked = await Promise.all(Array.from({ length: 10 }, () => reader(app, 'usr_idle')))
  expect(new Set(asked)).toEqual(new Set(REPLICAS))
})

test('who has written is served by a replica that has it, through any app', async () => {
  const userId = newUser()
  const { value } = await place(app, userId)
  for (const databases of [app, otherApp, app, otherApp]) {
    expect(REPLICAS).toContain(await reader(databases, userId))
    expect(await ordersOn(databases).find(userId, value.id)).toEqual(value)
  }
})

test('where no replica has it in time, by the primary; never by one that lacks it', async () => {
  await Promise.all(REPLICAS.map(holdUp))
  const userId = newUser()
  const { value } = await place(app, userId)
  for (const databases of [app, otherApp]) {
    expect(await reader(databases, userId)).toBe('primary')
    expect(await ordersOn(databases).find(userId, value.id)).toEqual(value)
    expect(await ordersOn(databases).list(userId, { limit: 5 })).toMatchObject({ items: [value] })
  }
  await ordersOn(app).cancel(userId, value.id)
  expect(await ordersOn(otherApp).find(userId, value.id)).toMatchObject({ status: 'cancelled' })
})

test('who is told of what another app wrote does not read from before it', async () => {
  await Promise.all(REPLICAS.map(holdUp))
  const userId = newUser()
  await place(otherApp, newUser())
  await app.saw(userId)
  expect(await reader(app, userId)).toBe('primary')
  // A later note of an older place of the app's own takes nothing back.
  await app.wrote(userId)
  expect(await reader(app, userId)).toBe('primary')
})

test('one replica that is late does not take the other one away', async () => {
  await holdUp('replica-1')
  const userId = newUser()
  await place(app, userId)
  await expect.poll(() => reader(app, userId), SOON).toBe('replica-2')
  const asked = await Promise.all(Array.from({ length: 10 }, () => reader(app, userId)))
  expect(new Set(asked)).toEqual(new Set(['replica-2']))
})

test('a replica that was late is not waited for by everybody', async () => {
  await holdUp('replica-1')
  const written = Array.from({ length: 20 }, newUser)
  // One after the other: each has a place of its own in the log.
  for (const userId of written) await place(app, userId)
  const asked: unknown[] = []
  for (const userId of written) asked.push(await reader(app, userId))
  // Every second one would be, who then turns to the primary.
  expect(asked.filter((name) => name === 'primary').length).toBeLessThan(7)
})

test('with the setting off, the own order is not there: what the waiting is for', async () => {
  await Promise.all(REPLICAS.map(holdUp))
  const careless = await appDatabases(group, redis.shop, { settings: { readYourWrites: 'off' } })
  try {
    const userId = newUser()
    const { value } = await place(careless, userId)
    await expect(ordersOn(careless).find(userId, value.id)).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
    expect(await ordersOn(careless).list(userId, { limit: 5 })).toMatchObject({ items: [] })
  } finally {
    await careless.close()
  }
})

test('a place in the log can be read from: by a replica that has it, else by the primary, as when it is not known', async () => {
  const position = await app.position()
  expect(REPLICAS).toContain(await answering(group, await app.readsAfter(position)))
  expect(await answering(group, await app.readsAfter(undefined))).toBe('primary')
  await Promise.all(REPLICAS.map(holdUp))
  await place(app, newUser())
  expect(await answering(group, await app.readsAfter(await app.position()))).toBe('primary')
  expect(REPLICAS).toContain(await answering(group, await app.readsAfter(position)))
  expect(await answering(group, await app.readsAfter("0-1-1' or sleep(9) or '"))).toBe('primary')
})

test('without Redis the order is placed, and read from the primary', async () => {
  await Promise.all(REPLICAS.map(holdUp))
  const client = await redis.connect()
  const databases = await appDatabases(group, client, { name: 'app-3' })
  try {
    client.close()
    const userId = newUser()
    const { value } = await place(databases, userId)
    expect(await ordersOn(databases).find(userId, value.id)).toEqual(value)
    expect(await reader(databases, userId)).toBe('primary')
  } finally {
    await databases.close()
  }
})

test('what Redis did not take is answered when every replica has it, as another app knows of no write', async () => {
  await holdUp('replica-1')
  const userId = newUser()
  const note = `state:wrote:{${userId}}`
  await redis.lab.set(note, 'of another type, so that it cannot be written')
  const placing = place(app, userId)
  await sleep(300)
  await redis.lab.del(note)
  await held.pop()?.end()
  const { value } = await placing
  for (let turn = 0; turn < 10; turn++) expect(await ordersOn(otherApp).find(userId, value.id)).toEqual(value)
})

test('what Redis did not take, the app that wrote it remembers', async () => {
  await Promise.all(REPLICAS.map(holdUp))
  const userId = newUser()
  await redis.lab.set(`state:wrote:{${userId}}`, 'of another type, so that it can be deleted below but not written')
  const { value } = await place(app, userId)
  await redis.lab.del(`state:wrote:{${userId}}`)
  expect(await ordersOn(app).find(userId, value.id)).toEqual(value)
})
