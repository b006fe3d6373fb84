import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import { beforeAll, expect, inject, test } from 'vitest'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { ALL_MODULES } from '../../../infra/stage/topology.ts'
import { demoDatabase } from '../../fixtures/shop-database.ts'
import type { Database } from '../../platform/mysql/database.ts'
import { selectSeededProducts } from '../../products/queries.ts'
import { selectDemoUsers } from '../../users/queries.ts'
import { putDemoDataBack } from './demo-data.ts'
import { selectTables } from './queries.ts'

let db: Database
let stage: StageState
/** How often the bank was told to begin anew. */
let newBooks = 0
beforeAll(async () => {
  const { url, writes, close } = await demoDatabase(inject('databaseUrl'))
  db = writes
  const bank = await stubBank()
  const stores = [{ name: 'db', servers: ['db'], holds: ALL_MODULES }]
  stage = { databases: [{ name: 'db', url }], stores, programs: [], bank: bank.url } as unknown as StageState
  return async () => {
    bank.close()
    await close()
  }
})

test('puts products and people back, and empties every other table', async () => {
  const seeded = await demoData()
  await fillAll()
  await db.updateTable('products').set({ price_cents: 1, stock: 0, name: 'x' }).where('id', '=', 'prd_00042').execute()
  await db.deleteFrom('products').where('id', '=', 'prd_00043').execute()
  expect(await demoData()).not.toEqual(seeded)
  expect(await putDemoDataBack(stage)).toEqual({ productsChanged: 2, usersGone: 1 })
  expect(await demoData()).toEqual(seeded)
  expect(newBooks).toBe(1)
  expect(await emptyTables()).toEqual((await selectTables(db)).filter((name) => !SEEDED.includes(name)))
})

test('takes all of an order that is under way, or nothing', async () => {
  const seeded = await demoData()
  const shopping = new AbortController()
  const shoppers = [1, 2, 3].map((shopper) => shop(`usr_shopper_000${shopper}`, shopping.signal))
  for (let round = 0; round < 5; round++) await putDemoDataBack(stage)
  shopping.abort()
  const placed = await Promise.all(shoppers)
  expect(Math.min(...placed)).toBeGreaterThan(0)
  const { count } = await db
    .selectFrom('orders')
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  const seededStock = seeded.products.find(({ id }) => id === 'prd_00001')?.stock ?? 0
  const { stock } = await db.selectFrom('products').select('stock').where('id', '=', 'prd_00001').executeTakeFirstOrThrow()
  expect(seededStock - stock).toBe(Number(count))
})

async function stubBank(): Promise<{ url: string; close: () => void }> {
  const server = createServer(({ method, url }, answer) => {
    if (method === 'DELETE' && url === '/ledger') newBooks += 1
    answer.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() }
}

const SEEDED = ['seeds', 'categories', 'products', 'users']

async function demoData() {
  return { products: await selectSeededProducts(db), users: await selectDemoUsers(db) }
}

/** One row in every table that is empty, whichever modules there are. */
async function fillAll(): Promise<void> {
  await sql`INSERT INTO users SELECT 'usr_new', 'new@example.com', name, role, password_hash, created_at FROM users LIMIT 1`.execute(
    db,
  )
  await db.connection().execute(async (connection) => {
    // Tables without defaults take what their types call empty.
    await sql`SET SESSION sql_mode = ''`.execute(connection)
    for (const table of await emptyTables(connection)) await sql`INSERT INTO ${sql.table(table)} () VALUES ()`.execute(connection)
  })
  expect(await emptyTables()).toEqual([])
}

async function emptyTables(on: Database = db): Promise<string[]> {
  const found: string[] = []
  for (const table of await selectTables(on)) {
    const { rows } = await sql`SELECT 1 FROM ${sql.table(table)} LIMIT 1`.execute(on)
    if (rows.length === 0) found.push(table)
  }
  return found
}

/** Orders one piece again and again, as the shop does: the order and the stock in one transaction. Answers how many there were. */
async function shop(user: string, signal: AbortSignal): Promise<number> {
  let placed = 0
  while (!signal.aborted) {
    await db.transaction().execute(async (trx) => {
      const id = `ord_${crypto.randomUUID().slice(0, 30)}`
      const order = { id, user_id: user, status: 'placed' as const, total_cents: 1, payment_id: null, created_at: new Date() }
      await trx.insertInto('orders').values(order).execute()
      await sql`UPDATE products SET stock = stock - 1 WHERE id = 'prd_00001'`.execute(trx)
    })
    placed += 1
  }
  return placed
}
