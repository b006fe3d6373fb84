/** Who is asked for what, as the servers themselves count it and as an answer tells it. */

import Fastify from 'fastify'
import type { RowDataPacket } from 'mysql2/promise'
import { beforeAll, expect, test } from 'vitest'
import { startTestGroup, type TestGroup } from '../../../infra/mysql/test-group.ts'
import { answering, appDatabases } from '../../fixtures/group-shop.ts'
import { ordersOn } from '../../fixtures/orders.ts'
import { fillShop, type ShopDatabase } from '../../fixtures/shop-database.ts'
import { startStubKeeper } from '../../fixtures/stub-keeper.ts'
import { explainAnswers } from '../http/explain.ts'
import { toShopError } from '../http/problems.ts'

/** For what comes by itself, however slow the machine is. */
const SOON = { timeout: 20_000 }
let group: TestGroup
let databases: ShopDatabase

beforeAll(async () => {
  group = await startTestGroup()
  databases = await appDatabases(group, undefined)
  await fillShop(databases.writes, [{ id: 'prd_a', stock: 100 }])
  return async () => {
    await databases.close()
    await group.stop()
  }
})

const readProducts = () => databases.reads.selectFrom('products').select('id').execute()
const placeOrder = (key: string) => {
  const request = { userId: 'usr_01', key, requestHash: Buffer.alloc(32) }
  return ordersOn(databases).place(request, { items: [{ productId: 'prd_a', quantity: 1 }] })
}

async function countOf(name: string, kind: 'select' | 'insert'): Promise<number> {
  const connection = await group.connect(name)
  const [rows] = await connection.query<RowDataPacket[]>(`SHOW GLOBAL STATUS LIKE 'Com_${kind}'`)
  await connection.end()
  return Number(rows[0]?.Value)
}

test('the servers count reads on the replicas, and writes on the primary, for replicas take none', async () => {
  const countAll = () => Promise.all([...group.names.map((name) => countOf(name, 'select')), countOf('primary', 'insert')])
  const before = await countAll()
  for (let round = 0; round < 200; round += 1) await readProducts()
  await placeOrder('counted')
  const [primary = 0, one = 0, two = 0, inserts] = (await countAll()).map((count, index) => count - (before[index] ?? 0))
  // The keeper asks all of them how they are, ten times a second, so nobody's count is exact.
  expect([one >= 100, two >= 100, primary < 100, inserts]).toEqual([true, true, true, 3])
})

test('an answer tells which servers worked on it, if it is asked to', async () => {
  const app = Fastify()
  explainAnswers(app)
  app.get('/', async () => {
    await readProducts()
    await placeOrder('explained')
    return readProducts()
  })
  const timing = async (headers: Record<string, string>) => (await app.inject({ url: '/', headers })).headers['server-timing']
  const hosts = [...String(await timing({ 'x-explain': '1' })).matchAll(/db;desc="([^"]+)"/g)].map(([, host]) => host)
  expect(new Set(hosts)).toEqual(new Set(['primary', 'replica-1', 'replica-2']))
  expect([hosts.at(0), hosts.at(-1)].sort()).toEqual(['replica-1', 'replica-2'])
  expect(await timing({})).toBe(undefined)
  await app.close()
})

test('a server that refuses writes, because it is no primary any more, is no mistake of the shop', async () => {
  const keeper = await startStubKeeper({
    epoch: 9,
    flavour: group.flavour as 'mysql' | 'mariadb',
    primary: 'replica-1',
    replicas: [],
  })
  const misled = await appDatabases(group, undefined, { keeperUrl: keeper.url })
  try {
    const writing = misled.writes.updateTable('products').set({ stock: 0 }).execute()
    expect(toShopError(await writing.catch((error) => error))).toMatchObject({ code: 'UNAVAILABLE', retryAfterS: 1 })
    keeper.say({ primary: 'primary', epoch: 10 })
    await expect.poll(() => answering(group, misled.writes), SOON).toBe('primary')
    await misled.writes.updateTable('products').set({ stock: 1 }).execute()
  } finally {
    await misled.close()
    await keeper.stop()
  }
})
