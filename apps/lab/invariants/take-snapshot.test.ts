import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { createDatabase } from '../../../infra/mysql/test-server.ts'
import { ALL_MODULES } from '../../../infra/stage/topology.ts'
import type { ConsumersTables } from '../../consumers/queries.ts'
import { type OwnDatabase, type ShopDatabase, shopDatabase } from '../../fixtures/shop-database.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { connectDatabase, type Database } from '../../platform/mysql/database.ts'
import { createTablesOf } from '../../shop/prepare.ts'
import type { Place } from '../runner/places.ts'
import { takeSnapshot } from './take-snapshot.ts'

const CHARGE = { chargeId: 'chg_1', key: 'pay_1', reference: 'ord_paid', amountCents: 500, status: 'captured' }
const CREATED = { created_at: new Date() }

let databases: OwnDatabase
let everything: Place
let bank: Server

beforeAll(async () => {
  databases = await shopDatabase(inject('databaseUrl'), [
    { id: 'prd_a', stock: 7 },
    { id: 'prd_b', stock: 9 },
  ])
  everything = { url: databases.url, holds: ALL_MODULES }
  await fill(databases)
  bank = createServer((_, response) => response.end(JSON.stringify({ charges: [CHARGE], totalCents: 500 })))
  await new Promise<void>((resolve) => bank.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  await databases?.close()
  bank?.close()
})

const bankUrl = () => `http://127.0.0.1:${(bank.address() as AddressInfo).port}`

test('reads what is in stock, what is sold, the orders with their lines and keys, the payments and the ledger', async () => {
  const snapshot = await takeSnapshot([everything], bankUrl())
  expect(Object.fromEntries(snapshot.products)).toEqual({
    prd_a: { stock: 7, sold: 3, reserved: 0, priceCents: expect.any(Number) },
    prd_b: { stock: 9, sold: 2, reserved: 0, priceCents: expect.any(Number) },
  })
  expect(Object.fromEntries(snapshot.orders)).toEqual({
    ord_paid: { userId: 'usr_1', status: 'paid', totalCents: 500, linesCents: 500, lines: 'prd_a x3, prd_b x2' },
    ord_placed: { userId: 'usr_1', status: 'placed', totalCents: 100, linesCents: 0, lines: '' },
    ord_cancelled: { userId: 'usr_2', status: 'cancelled', totalCents: 400, linesCents: 400, lines: 'prd_b x4' },
  })
  expect(snapshot.keys).toEqual([{ userId: 'usr_1', key: 'k1', orderId: 'ord_paid' }])
  expect(snapshot.payments).toEqual([{ id: 'pay_1', orderId: 'ord_paid', status: 'captured', amountCents: 500 }])
  expect([snapshot.charges, snapshot.underWay]).toEqual([[CHARGE], []])
  expect(Object.fromEntries(snapshot.carts)).toEqual({ 'usr_1 prd_a': 2 })
})

test('reads what has left the shelf for orders on their way, and what is on its way back', async () => {
  const [shelf, desk] = await Promise.all([
    shopDatabase(inject('databaseUrl'), [{ id: 'prd_a', stock: 4 }]),
    shopDatabase(inject('databaseUrl')),
  ])
  onTestFinished(async () => void (await Promise.all([shelf.close(), desk.close()])))
  const until = new Date()
  const held = { state: 'held' as const, expires_at: until, lines: JSON.stringify([{ productId: 'prd_a', quantity: 1 }]) }
  await shelf.writes
    .insertInto('reservations')
    .values(['ord_pending', 'ord_placed', 'ord_gone'].map((order_id) => ({ order_id, ...held })))
    .execute()
  const orders = [order('ord_placed', 'usr_1', 'placed', 100), order('ord_back', 'usr_1', 'cancelled', 200)]
  await desk.writes.insertInto('orders').values(orders).execute()
  await desk.writes
    .insertInto('order_lines')
    .values([line('ord_placed', 0, 'prd_a', 1), line('ord_back', 0, 'prd_a', 2)])
    .execute()
  await desk.writes.insertInto('owed_returns').values({ order_id: 'ord_back', due_at: until }).execute()
  const key = { user_id: 'usr_1', request_hash: Buffer.alloc(32) }
  const keys = ['ord_pending', 'ord_begun'].map((order_id) => ({
    ...key,
    order_id,
    idempotency_key: order_id,
    pending_until: until,
  }))
  await desk.writes.insertInto('order_keys').values(keys).execute()
  const places: Place[] = [
    { url: shelf.url, holds: ['products'] },
    { url: desk.url, holds: ['orders'] },
  ]
  const snapshot = await takeSnapshot(places, bankUrl())
  expect(snapshot.products.get('prd_a')).toMatchObject({ stock: 4, sold: 1, reserved: 4 })
  expect([[...snapshot.underWay].sort(), snapshot.keys]).toEqual([['ord_back', 'ord_begun', 'ord_gone', 'ord_pending'], []])
})

test('joins what is in several places: stock in one, orders in two, payments in one of them', async () => {
  const other = await shopDatabase(inject('databaseUrl'), [{ id: 'prd_a', stock: 1_000 }])
  onTestFinished(() => other.close())
  await other.writes
    .insertInto('orders')
    .values(order('ord_other', 'usr_3', 'placed', 200))
    .execute()
  await other.writes
    .insertInto('order_lines')
    .values([line('ord_other', 1, 'prd_a', 2)])
    .execute()
  const apart: Place[] = [
    { ...everything, holds: ['products', 'users'] },
    { ...everything, holds: ['orders'] },
    { url: other.url, holds: ['orders'] },
  ]
  const { products, orders, keys, payments } = await takeSnapshot(apart, bankUrl())
  expect(Object.fromEntries(products)).toMatchObject({ prd_a: { stock: 7, sold: 5 }, prd_b: { stock: 9, sold: 2 } })
  expect([...orders.keys()].sort()).toEqual(['ord_cancelled', 'ord_other', 'ord_paid', 'ord_placed'])
  expect(orders.get('ord_other')).toMatchObject({ userId: 'usr_3', linesCents: 200, lines: 'prd_a x2' })
  expect([keys.length, payments]).toEqual([1, []])
})

test('reads what those that hear of orders have made of that, where there is such a place', async () => {
  const db = await databaseWith(['consumers'])
  const at = { user_id: 'usr_1', total_cents: 500, happened_at: new Date() }
  await db.rows
    .insertInto('order_history')
    .values([
      { ...at, event_id: '1'.repeat(26), order_id: 'ord_paid', type: 'placed' },
      { ...at, event_id: '2'.repeat(26), order_id: 'ord_paid', type: 'paid' },
    ])
    .execute()
  await db.rows.insertInto('product_sales').values({ product_id: 'prd_a', pieces: 3 }).execute()
  const { told } = await takeSnapshot([everything, { url: db.url, holds: [] }], bankUrl())
  expect([Object.fromEntries(told?.histories ?? []), Object.fromEntries(told?.sales ?? [])]).toEqual([
    { ord_paid: ['placed', 'paid'] },
    { prd_a: 3 },
  ])
  expect((await takeSnapshot([everything], bankUrl())).told).toBeUndefined()
})

test('says so when the bank or the database does not answer', async () => {
  const nowhere = { url: 'mysql://shop:secret@127.0.0.1:1/shop', holds: ALL_MODULES }
  await expect(takeSnapshot([everything], 'http://127.0.0.1:1')).rejects.toThrow('the bank does not answer')
  await expect(takeSnapshot([nowhere], bankUrl())).rejects.toThrow('ECONNREFUSED')
})

async function databaseWith(modules: Parameters<typeof createTablesOf>[1]) {
  const url = await createDatabase(inject('databaseUrl'))
  const db = connectDatabase<ConsumersTables>(parseDatabaseUrl('the database', url))
  onTestFinished(() => db.destroy())
  await createTablesOf(db as Database, modules)
  return { url, rows: db }
}

async function fill({ writes: db }: ShopDatabase): Promise<void> {
  const orders = [
    order('ord_paid', 'usr_1', 'paid', 500),
    order('ord_placed', 'usr_1', 'placed', 100),
    order('ord_cancelled', 'usr_2', 'cancelled', 400),
  ]
  const lines = [line('ord_paid', 1, 'prd_a', 3), line('ord_paid', 2, 'prd_b', 2), line('ord_cancelled', 1, 'prd_b', 4)]
  const hash = { request_hash: Buffer.alloc(32) }
  const payment = {
    id: 'pay_1',
    user_id: 'usr_1',
    idempotency_key: 'p1',
    order_id: 'ord_paid',
    card: 'tok_approved',
    amount_cents: 500,
  }
  await db.insertInto('orders').values(orders).execute()
  await db.insertInto('order_lines').values(lines).execute()
  await db
    .insertInto('order_keys')
    .values({ user_id: 'usr_1', idempotency_key: 'k1', order_id: 'ord_paid', ...hash })
    .execute()
  await db.insertInto('cart_items').values({ user_id: 'usr_1', product_id: 'prd_a', quantity: 2, put_at: new Date() }).execute()
  const ended = { status: 'captured' as const, lease_until: new Date(), charge_id: 'chg_1' }
  await db
    .insertInto('payments')
    .values({ ...payment, ...ended, ...hash, ...CREATED })
    .execute()
}

function order(id: string, user_id: string, status: 'paid' | 'placed' | 'cancelled', total_cents: number) {
  return { id, user_id, status, total_cents, payment_id: null, ...CREATED }
}

function line(order_id: string, position: number, product_id: string, quantity: number) {
  return { order_id, position, product_id, name: 'n', unit_price_cents: 100, quantity }
}
