import { join } from 'node:path'
import { Redis } from 'ioredis'
import { beforeAll, expect, inject, test } from 'vitest'
import { secretsIn } from '../../../../infra/local/state/secrets.ts'
import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import { ownedFolder } from '../../../../infra/process/owned-process.ts'
import { startTestRedis } from '../../../../infra/redis/test-server.ts'
import { ALL_MODULES } from '../../../../infra/stage/topology.ts'
import { demoDatabase, type OwnDatabase } from '../../../fixtures/shop-database.ts'
import { KEYS } from '../../../platform/redis/keys.ts'
import { resetShop } from './shop-state.ts'

let db: OwnDatabase
let redis: Redis
let stage: StageState
beforeAll(async () => {
  db = await demoDatabase(inject('databaseUrl'))
  const server = await startTestRedis({ role: 'state' })
  redis = new Redis(server.labUrl)
  const folder = await ownedFolder('outgrow-secrets-')
  const secretsFile = join(folder.path, 'secrets.json')
  await redis.call('ACL', 'SETUSER', 'lab', `>${secretsIn(secretsFile).labPassword}`)
  const stores = [{ name: 'db', servers: ['db'], holds: ALL_MODULES }]
  const programs = [{ name: 'state', kind: 'redis', role: 'state', port: server.port }]
  stage = { databases: [{ name: 'db', url: db.url }], stores, programs, secretsFile } as unknown as StageState
  return async () => {
    redis.disconnect()
    await server.stop()
    await folder.remove()
    await db.close()
  }
})

const count = async (table: 'sessions' | 'orders' | 'order_lines') => {
  const { rows } = await db.writes
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow()
  return Number(rows)
}

async function order(pieces: number): Promise<void> {
  const now = new Date()
  const order = { id: 'ord_1', user_id: 'usr_shopper_0001_46', status: 'placed', total_cents: pieces, created_at: now } as const
  await db.writes.insertInto('orders').values(order).execute()
  const line = { order_id: 'ord_1', position: 1, product_id: 'prd_00042', name: 'Lamp', quantity: pieces, unit_price_cents: 1 }
  await db.writes.insertInto('order_lines').values(line).execute()
  await db.writes
    .updateTable('products')
    .set(({ eb }) => ({ stock: eb('stock', '-', pieces) }))
    .where('id', '=', 'prd_00042')
    .execute()
}

test('a reset takes orders, counts and limits away, and leaves who is logged in', async () => {
  const pieces = await resetShop(stage, undefined)
  const soon = new Date(Date.now() + 60_000)
  const session = { token_hash: Buffer.alloc(32), user_id: 'usr_shopper_0001_46', expires_at: soon, ends_at: soon }
  await db.writes.insertInto('sessions').values(session).execute()
  await order(3)
  const kept = [KEYS.session('aa'), KEYS.sessionsOfUser('usr_shopper_0001_46')]
  for (const key of [...kept, KEYS.orderLimitWindow('orders'), KEYS.bestsellers('all'), KEYS.written('usr_1')])
    await redis.set(key, 'x')
  expect(await resetShop(stage, pieces)).toBe(pieces)
  expect([await count('orders'), await count('order_lines'), await count('sessions')]).toEqual([0, 0, 1])
  const left = await redis.keys('state:*')
  expect(left.sort()).toEqual(kept.sort())
})

test('one with nothing but sessions in it is left as it is', async () => {
  await redis.set(KEYS.bestsellers('all'), 'x')
  await resetShop(stage, undefined)
  expect(await redis.exists(KEYS.bestsellers('all'))).toBe(1)
})
