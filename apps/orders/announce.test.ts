import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { items, requestFor } from '../fixtures/order-requests.ts'
import { type ShopDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import { ulid } from '../platform/process/ids.ts'
import { NO_GATE } from '../products/flash-sales/gate.ts'
import { makeProducts } from '../products/products.ts'
import { databaseStock } from '../products/stock/database-stock.ts'
import { createTablesOf } from '../shop/prepare.ts'
import { announceInOutbox } from './announce.ts'
import { checkoutTransaction } from './checkout-transaction.ts'
import { orderEventIn } from './order-event.ts'
import { makeOrders, type Orders } from './orders.ts'
import { checkoutSaga } from './saga/checkout-saga.ts'
import { databaseSagaOrders } from './saga/database-saga-orders.ts'

const USER = 'usr_0100'

let shop: ShopDatabase
beforeEach(async () => {
  shop = await shopDatabase(inject('databaseUrl'), [
    { id: 'prd_1', stock: 2, priceCents: 250 },
    { id: 'prd_2', stock: 0 },
  ])
  await createTablesOf(shop.writes, ['platform/leases', 'platform/events'])
})
afterEach(() => shop.close())

const newId = () => `ord_${ulid()}00`
const CHECKOUTS = {
  transaction: () => checkoutTransaction(shop, announceInOutbox),
  saga: () => {
    const stock = databaseStock(shop, makeProducts(shop))
    return checkoutSaga({ orders: databaseSagaOrders(shop, announceInOutbox), stock }, newId)
  },
}

async function told(): Promise<unknown[]> {
  const rows = await shop.writes
    .selectFrom('outbox' as never)
    .selectAll()
    .orderBy('number' as never)
    .execute()
  return (rows as { subject: string; body: string }[]).map(({ subject, body }) => {
    const event = orderEventIn(JSON.parse(body))
    return [event?.type, event?.orderId === subject]
  })
}

describe.each(['transaction', 'saga'] as const)('with checkout=%s', (checkout) => {
  let orders: Orders
  beforeEach(() => {
    const parts = { checkout: CHECKOUTS[checkout](), gate: NO_GATE, subscribers: [], announce: announceInOutbox }
    orders = makeOrders(shop, parts)
  })
  const place = async (product = 'prd_1', key = randomUUID()) => {
    const wanted = items([product, 1])
    return (await orders.place(requestFor(wanted, { userId: USER, key }), { items: wanted })).value
  }

  test('an order that is placed and one that is cancelled are told of, once each however often it is asked for', async () => {
    const key = randomUUID()
    const { id } = await place('prd_1', key)
    await place('prd_1', key)
    await orders.cancel(USER, id)
    await expect(orders.cancel(USER, id)).rejects.toThrow()
    expect(await told()).toEqual([
      ['placed', true],
      ['cancelled', true],
    ])
  })

  test('what is refused is not told', async () => {
    await expect(place('prd_2')).rejects.toThrow()
    expect(await told()).toEqual([])
  })

  test('an order is told to be paid once, by the payment that paid it', async () => {
    const order = await place()
    await orders.claimForPayment(USER, order.id, 'pay_1')
    await orders.markPaid(USER, order, 'pay_1')
    await orders.markPaid(USER, order, 'pay_1')
    expect(await told()).toEqual([
      ['placed', true],
      ['paid', true],
    ])
  })

  test('what cannot be told does not happen', async () => {
    const order = await place()
    await shop.writes.schema.dropTable('outbox').execute()
    await expect(orders.cancel(USER, order.id)).rejects.toThrow()
    expect((await orders.find(USER, order.id)).status).toBe('placed')
  })
})
