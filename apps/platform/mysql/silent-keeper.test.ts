/** An app that starts while the keeper is silent: another than the first of its list may be the primary by now. */
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { isReplaced, startTestGroup, type TestGroup } from '../../../infra/mysql/test-group.ts'
import { appDatabases } from '../../fixtures/group-shop.ts'
import { ordersOn } from '../../fixtures/orders.ts'
import { type RedisDatabase, redisDatabase } from '../../fixtures/redis-database.ts'
import { fillShop, type ShopDatabase } from '../../fixtures/shop-database.ts'

/** For what comes by itself, however slow the machine is. */
const SOON = { timeout: 20_000 }
const USER = 'usr_1_00'
const NOBODY = expect.objectContaining({ code: 'UNAVAILABLE' })

let group: TestGroup
let redis: RedisDatabase
let app: ShopDatabase
/** Placed after the failover. */
let orderId: string

beforeEach(async () => {
  group = await startTestGroup()
  redis = await redisDatabase(inject('redisUrl'))
  app = await appDatabases(group, await redis.connect())
  await fillShop(app.writes, [{ id: 'prd_a', stock: 100 }])
  const { epoch } = await group.roles()
  group.signal('primary', 'SIGKILL')
  await group.until(isReplaced(epoch))
  await expect.poll(async () => (orderId = await place('one')), SOON).toMatch(/^ord_/)
  await group.stopKeeper()
  await app.close()
})
afterEach(async () => {
  await app.close()
  redis.close()
  await group.stop()
})

async function place(key: string): Promise<string> {
  const items = [{ productId: 'prd_a', quantity: 1 }]
  const placed = ordersOn(app).place({ userId: USER, key, requestHash: Buffer.alloc(32) }, { items })
  return placed.then(({ value }) => value.id, String)
}

const start = async () => {
  app = await appDatabases(group, await redis.connect())
}
const read = async () => (await ordersOn(app).find(USER, orderId)).id
const readProducts = () => app.reads.selectFrom('products').select('id').execute()

test('takes that server for the primary which alone says that it takes writes, when all have been asked', async () => {
  await start()
  expect(app.isWritable()).toBe(false)
  await expect(read()).rejects.toEqual(NOBODY)
  expect(await place('two')).toContain('no database')
  expect(await readProducts()).toHaveLength(1)
  // It comes back with what it had, and takes no writes.
  await group.restart('primary')
  await expect.poll(() => app.isWritable(), SOON).toBe(true)
  expect(await read()).toBe(orderId)
  expect(await place('two')).toMatch(/^ord_/)
})

test('takes none of two that say so, until the keeper is back', async () => {
  await group.restart('primary')
  const replaced = await group.connectAsKeeper('primary')
  await replaced.query('SET GLOBAL read_only = OFF')
  await replaced.end()
  await start()
  await expect(read()).rejects.toEqual(NOBODY)
  expect(await place('two')).toContain('no database')
  expect(await readProducts()).toHaveLength(1)
  await group.startKeeper()
  await expect.poll(() => app.isWritable(), SOON).toBe(true)
  await expect.poll(read, SOON).toBe(orderId)
})
