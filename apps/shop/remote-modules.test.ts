/** One suite for each interface that is asked over HTTP: wherever the module runs, it answers, refuses and changes the same. */
import { randomUUID } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { items, requestFor } from '../fixtures/order-requests.ts'
import { ordersOn } from '../fixtures/orders.ts'
import { elsewhere } from '../fixtures/other-process.ts'
import { demoDatabase, type OwnDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import { ordersClient } from '../orders/client.ts'
import { ordersInternalRoutes } from '../orders/internal-routes.ts'
import type { Order } from '../orders/order.ts'
import type { Orders, PayableOrders } from '../orders/orders.ts'
import { codeOf } from '../platform/mysql/transactions.ts'
import { productsClient } from '../products/client.ts'
import { productsInternalRoutes } from '../products/internal-routes.ts'
import { makeProducts, type Products } from '../products/products.ts'
import { stockClient } from '../products/stock/client.ts'
import { databaseStock } from '../products/stock/database-stock.ts'
import { stockInternalRoutes } from '../products/stock/routes.ts'
import { SHELF, stockSuite } from '../products/stock/test-stock-suite.ts'
import { revokedSessionsClient } from '../users/client.ts'
import { revocationsInternalRoutes } from '../users/internal-routes.ts'
import { recentlyViewedClient } from '../users/recently-viewed/client.ts'
import { databaseRecentlyViewed } from '../users/recently-viewed/database.ts'
import { viewsInternalRoutes } from '../users/recently-viewed/internal-routes.ts'
import type { RecentlyViewed } from '../users/recently-viewed/recently-viewed.ts'
import { type RevokedSessions, storedRevocations } from '../users/revoked-sessions.ts'
import { hashToken, newToken } from '../users/sessions.ts'

async function database(made: Promise<OwnDatabase>): Promise<OwnDatabase> {
  const databases = await made
  onTestFinished(() => databases.close())
  return databases
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => 'no failure',
    (error) => codeOf(error),
  )

describe.each([
  ['here', async (local: Products) => local],
  ['in another process', async (local: Products) => productsClient(await elsewhere((app) => productsInternalRoutes(app, local)))],
] as const)('products %s', (_where, placed) => {
  let local: Products
  let products: Products
  beforeAll(async () => {
    const databases = await demoDatabase(inject('databaseUrl'))
    local = makeProducts(databases)
    return databases.close
  })
  beforeEach(async () => {
    products = await placed(local)
  })

  test('are shown, listed and changed', async () => {
    expect(await products.page('prd_00042')).toEqual(await local.page('prd_00042'))
    const first = { category: 'cat_07', sort: 'price', limit: 5 } as const
    const { items: listed, nextCursor } = (await products.list(first)) as { items: unknown[]; nextCursor: string }
    expect(listed).toHaveLength(5)
    const next = { ...first, cursor: nextCursor }
    expect(await products.list(next)).toEqual(await local.list(next))
    expect(await products.change('prd_00042', { stock: 7 })).toMatchObject({ id: 'prd_00042', stock: 7 })
    expect(await products.page('prd_00042')).toMatchObject({ stock: 7 })
    const ids = ['prd_00042', 'prd_none', 'prd_00007']
    expect(await products.byIds(ids)).toEqual(await local.byIds(ids))
    expect(await products.current(ids)).toEqual(await local.current(ids))
    expect(await products.stockChanged(ids)).toBeUndefined()
  })

  test('refuse what is not there, and what is no cursor', async () => {
    expect(await failure(products.page('prd_none'))).toBe('PRODUCT_NOT_FOUND')
    expect(await failure(products.change('prd_none', { stock: 1 }))).toBe('PRODUCT_NOT_FOUND')
    expect(await failure(products.list({ sort: 'price', limit: 1, cursor: 'x' }))).toBe('BAD_REQUEST')
  })
})

stockSuite('a shelf in another process', async () => {
  const shelf = Object.entries(SHELF).map(([id, [stock, priceCents]]) => ({ id, stock, priceCents }))
  const databases = await database(shopDatabase(inject('databaseUrl'), shelf))
  const db = databases.writes
  const local = databaseStock(databases, { stockChanged: async () => {} })
  const expired = { expires_at: new Date(0) }
  return {
    stock: stockClient(await elsewhere((app) => stockInternalRoutes(app, local))),
    stockOf: async (id) => (await db.selectFrom('products').select('stock').where('id', '=', id).executeTakeFirstOrThrow()).stock,
    reprice: async (id, price_cents) =>
      void (await db.updateTable('products').set({ price_cents }).where('id', '=', id).execute()),
    passTime: async () => void (await db.updateTable('reservations').set(expired).where('state', '=', 'held').execute()),
    passHours: async () => void (await db.updateTable('reservations').set(expired).where('expires_at', 'is not', null).execute()),
  }
})

describe.each([
  ['here', async (local: PayableOrders) => local],
  [
    'in another process',
    async (local: PayableOrders) => ordersClient(await elsewhere((app) => ordersInternalRoutes(app, local))),
  ],
] as const)('orders that are paid %s', (_where, placed) => {
  let local: Orders
  let orders: PayableOrders
  beforeEach(async () => {
    local = ordersOn(await database(shopDatabase(inject('databaseUrl'), [{ id: 'prd_a', stock: 50, priceCents: 250 }])))
    orders = await placed(local)
  })

  async function place(): Promise<Order> {
    const wanted = items(['prd_a', 2])
    return (await local.place(requestFor(wanted, { userId: 'usr_01', key: randomUUID() }), { items: wanted })).value
  }

  test('are found by who they belong to', async () => {
    const order = await place()
    expect(await orders.find('usr_01', order.id)).toEqual(order)
    expect(await failure(orders.find('usr_02', order.id))).toBe('ORDER_NOT_FOUND')
    expect(await failure(orders.find('usr_01', 'ord_none'))).toBe('ORDER_NOT_FOUND')
  })

  test('are claimed by one payment, and paid once', async () => {
    const order = await place()
    expect(await orders.claimForPayment('usr_01', order.id, 'pay_1')).toEqual({ ...order, status: 'paying' })
    expect(await orders.claimForPayment('usr_01', order.id, 'pay_1')).toMatchObject({ status: 'paying' })
    expect(await failure(orders.claimForPayment('usr_01', order.id, 'pay_2'))).toBe('PAYMENT_IN_PROGRESS')
    for (let turn = 0; turn < 2; turn += 1) expect(await orders.markPaid('usr_01', order, 'pay_1')).toBeUndefined()
    expect(await orders.find('usr_01', order.id)).toMatchObject({ status: 'paid' })
    expect(await failure(orders.claimForPayment('usr_01', order.id, 'pay_2'))).toBe('ALREADY_PAID')
  })

  test('are given back by the payment that holds them', async () => {
    const order = await place()
    await orders.claimForPayment('usr_01', order.id, 'pay_1')
    await orders.releasePayment('usr_01', order.id, 'pay_2')
    expect(await orders.find('usr_01', order.id)).toMatchObject({ status: 'paying' })
    for (let turn = 0; turn < 2; turn += 1) expect(await orders.releasePayment('usr_01', order.id, 'pay_1')).toBeUndefined()
    expect(await orders.find('usr_01', order.id)).toMatchObject({ status: 'placed' })
    expect(await orders.claimForPayment('usr_01', order.id, 'pay_3')).toMatchObject({ status: 'paying' })
    await orders.releasePayment('usr_01', order.id, 'pay_3')
    await local.cancel('usr_01', order.id)
    expect(await failure(orders.claimForPayment('usr_01', order.id, 'pay_4'))).toBe('ALREADY_CANCELLED')
  })
})

type UsersParts = { readonly revoked: RevokedSessions; readonly recentlyViewed: Pick<RecentlyViewed, 'of'> }

describe.each([
  ['here', async (local: UsersParts) => local],
  [
    'in another process',
    async (local: UsersParts) => {
      const place = await elsewhere((app) => {
        revocationsInternalRoutes(app, local.revoked)
        viewsInternalRoutes(app, local.recentlyViewed)
      })
      return { revoked: revokedSessionsClient(place), recentlyViewed: recentlyViewedClient(place) }
    },
  ],
] as const)('what the front door asks of users %s', (_where, placed) => {
  let local: UsersParts & { readonly recentlyViewed: RecentlyViewed }
  let users: UsersParts
  beforeEach(async () => {
    const databases = await database(shopDatabase(inject('databaseUrl')))
    local = { revoked: storedRevocations(databases), recentlyViewed: databaseRecentlyViewed(databases) }
    users = await placed(local)
  })

  test('is which sessions were ended', async () => {
    const hashes = Array.from({ length: 2_500 }, () => hashToken(newToken('usr_1_46')))
    const [ended, over] = [hashes.slice(0, -1), hashes.at(-1) ?? Buffer.alloc(0)]
    const inAnHour = new Date(Date.now() + 3_600_000)
    await local.revoked.write([
      ...ended.map((tokenHash) => ({ tokenHash, endsAt: inAnHour })),
      { tokenHash: over, endsAt: new Date(0) },
    ])
    const told: Buffer[] = []
    await users.revoked.all(async (page) => void told.push(...page))
    expect(told.map((hash) => hash.toString('hex'))).toEqual(ended.toSorted(Buffer.compare).map((hash) => hash.toString('hex')))
    expect(await users.revoked.has(ended[0] ?? over)).toBe(true)
    expect(await users.revoked.has(hashToken(newToken('usr_1_46')))).toBe(false)
  })

  test('is what somebody has looked at', async () => {
    for (const id of ['prd_1', 'prd_2', 'prd_1']) await local.recentlyViewed.add('usr_01', id)
    expect(await users.recentlyViewed.of('usr_01')).toEqual(['prd_1', 'prd_2'])
    expect(await users.recentlyViewed.of('usr_02')).toEqual([])
  })
})
