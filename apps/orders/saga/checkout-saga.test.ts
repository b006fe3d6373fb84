import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { items, outcomes, requestFor } from '../../fixtures/order-requests.ts'
import { ordersOn } from '../../fixtures/orders.ts'
import { type TwoDatabases, twoDatabases } from '../../fixtures/two-databases.ts'
import { beforeDeadline } from '../../platform/http/deadline.ts'
import { databaseStock } from '../../products/stock/database-stock.ts'
import type { OrderItem } from '../order.ts'
import type { Orders } from '../orders.ts'
import { checkoutSaga, type SagaParts } from './checkout-saga.ts'
import { databaseSagaOrders } from './database-saga-orders.ts'
import { sweep } from './sweeper.ts'

const PRODUCTS = [
  { id: 'prd_a', stock: 50, priceCents: 100 },
  { id: 'prd_b', stock: 50, priceCents: 250 },
  { id: 'prd_last', stock: 1 },
]
const USER = 'usr_a_01'
const NOTHING_LEFT = { keys: 0, held: 0, owed: 0 }

let shop: TwoDatabases
let parts: SagaParts
let orders: Orders
beforeEach(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  shop = await twoDatabases(inject('databaseUrl'), PRODUCTS)
  parts = shop.parts
  orders = shop.ordersWith(parts)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await shop.close()
})

function place(wanted: OrderItem[], { key = randomUUID() as string, by = orders } = {}) {
  return by.place(requestFor(wanted, { userId: USER, key }), { items: wanted })
}

/** Every piece is on the shelf or in an order. */
async function expectConserved(): Promise<void> {
  for (const { id, stock } of PRODUCTS) expect((await shop.stockOf(id)) + (await shop.soldOf(id)), id).toBe(stock)
}

async function expectEnded(): Promise<void> {
  await shop.passTime()
  await Promise.all([sweep(parts), sweep(parts)])
  expect(await shop.left()).toEqual(NOTHING_LEFT)
  await expectConserved()
}

describe('an order', () => {
  test('takes its stock from the other database, and keeps name and price of that moment', async () => {
    const { value, replayed } = await place(items(['prd_b', 2], ['prd_a', 3]))
    expect([replayed, value.status, value.totalCents]).toEqual([false, 'placed', 800])
    expect(value.items.map(({ productId, unitPriceCents }) => [productId, unitPriceCents])).toEqual([
      ['prd_b', 250],
      ['prd_a', 100],
    ])
    expect(await orders.find(USER, value.id)).toEqual(value)
    expect([await shop.stockOf('prd_a'), await shop.stockOf('prd_b')]).toEqual([47, 48])
    await expectEnded()
  })

  test('that is refused leaves no key, and the same request succeeds later as another order', async () => {
    const wanted = items(['prd_a', 5], ['prd_last', 2])
    const begun = vi.spyOn(parts.stock, 'take')
    await expect(place(wanted, { key: 'k' })).rejects.toMatchObject({ code: 'OUT_OF_STOCK' })
    expect(await shop.left()).toEqual(NOTHING_LEFT)
    await shop.catalogue.writes.updateTable('products').set({ stock: 3 }).where('id', '=', 'prd_last').execute()
    const { value, replayed } = await place(wanted, { key: 'k' })
    expect([replayed, begun.mock.calls.length]).toEqual([false, 2])
    expect(value.id).not.toBe(begun.mock.calls[0]?.[0])
    expect(await place(wanted, { key: 'k' })).toEqual({ value, replayed: true })
    await expect(place(items(['prd_a', 1]), { key: 'k' })).rejects.toMatchObject({ code: 'KEY_REUSED' })
  })

  test('is seen by nobody before it is placed', async () => {
    const { promise: held, resolve: goOn } = Promise.withResolvers<void>()
    let id = ''
    const slow: SagaParts = {
      ...parts,
      stock: {
        ...parts.stock,
        async take(orderId, wanted) {
          const lines = await parts.stock.take(orderId, wanted)
          id = orderId
          await held
          return lines
        },
      },
    }
    const placing = place(items(['prd_a', 1]), { key: 'k', by: shop.ordersWith(slow) })
    await vi.waitFor(() => expect(id).not.toBe(''))
    expect((await orders.list(USER, { limit: 10 })).items).toEqual([])
    await expect(orders.find(USER, id)).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
    await expect(orders.cancel(USER, id)).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
    await expect(orders.claimForPayment(USER, id, 'pay_1')).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
    await expect(place(items(['prd_a', 1]), { key: 'k' })).rejects.toMatchObject({ code: 'KEY_IN_USE' })
    goOn()
    expect((await placing).value.id).toBe(id)
    expect((await orders.list(USER, { limit: 10 })).items).toHaveLength(1)
  })
})

describe('an order of what is in the cart', () => {
  const fill = (...pairs: [string, number][]) =>
    shop.people.writes
      .insertInto('cart_items')
      .values(pairs.map(([product_id, quantity]) => ({ user_id: USER, product_id, quantity, put_at: new Date() })))
      .execute()
  const cart = async () =>
    (await shop.people.writes.selectFrom('cart_items').select('product_id').execute()).map((row) => row.product_id)
  const order = (key: string, wanted: OrderItem[]) =>
    orders.place({ userId: USER, key, requestHash: Buffer.alloc(32) }, { items: wanted, fromCart: true })

  test('empties it as far as it was ordered, once', async () => {
    await fill(['prd_a', 2], ['prd_b', 1])
    const { value } = await order('k', items(['prd_a', 2]))
    expect(await cart()).toEqual(['prd_b'])
    expect(await order('k', items(['prd_b', 1]))).toEqual({ value, replayed: true })
    expect(await cart()).toEqual(['prd_b'])
  })

  test('that is empty, or not as it was seen, is refused: its key is free, and its pieces are on the shelf', async () => {
    await fill(['prd_a', 3])
    await expect(order('k', [])).rejects.toMatchObject({ code: 'CART_EMPTY' })
    await expect(order('k', items(['prd_a', 2]))).rejects.toMatchObject({ code: 'CART_CHANGED' })
    expect([await shop.left(), await shop.stockOf('prd_a'), await cart()]).toEqual([NOTHING_LEFT, 50, ['prd_a']])
    await order('k', items(['prd_a', 3]))
    expect(await cart()).toEqual([])
  })
})

describe('many at once', () => {
  test('50 of one request make one order', async () => {
    const found = await outcomes(Array.from({ length: 50 }, () => place(items(['prd_a', 1]), { key: 'k' })))
    expect(Object.keys(found).filter((name) => name !== 'ok' && name !== 'KEY_IN_USE')).toEqual([])
    expect([await shop.soldOf('prd_a'), await shop.stockOf('prd_a')]).toEqual([1, 49])
  })

  test('50 of one request for what is sold out are refused 50 times, never with a failure of ours', async () => {
    const { OUT_OF_STOCK = 0, KEY_IN_USE = 0 } = await outcomes(
      Array.from({ length: 50 }, () => place(items(['prd_last', 2]), { key: 'k' })),
    )
    expect(OUT_OF_STOCK).toBeGreaterThan(0)
    expect(OUT_OF_STOCK + KEY_IN_USE).toBe(50)
    expect(await shop.left()).toEqual(NOTHING_LEFT)
  })

  test('200 orders of the last piece: one gets it', async () => {
    expect(await outcomes(Array.from({ length: 200 }, () => place(items(['prd_last', 1]))))).toEqual({ ok: 1, OUT_OF_STOCK: 199 })
    expect([await shop.stockOf('prd_last'), await shop.soldOf('prd_last')]).toEqual([0, 1])
  })

  test('orders, cancellations, payments and sweeps mixed: every piece is in stock or in a live order', async () => {
    const work = Array.from({ length: 100 }, async (_, index) => {
      const { value } = await place(index % 3 ? items(['prd_a', 1 + (index % 4)], ['prd_b', 1]) : items(['prd_b', 2]))
      if (index % 10 === 0) await sweep(parts)
      const cancelling = [1, 2].map(() =>
        index % 2 ? orders.cancel(USER, value.id) : orders.claimForPayment(USER, value.id, 'p'),
      )
      await Promise.allSettled([...cancelling, orders.claimForPayment(USER, value.id, `pay_${index}`)])
    })
    const found = await outcomes(work)
    expect(Object.keys(found).filter((name) => name !== 'ok' && name !== 'OUT_OF_STOCK')).toEqual([])
    await expectEnded()
  })
})

describe('what comes too late', () => {
  test('places nothing: what was taken comes back, and the key is free', async () => {
    const late: SagaParts = {
      ...parts,
      stock: {
        ...parts.stock,
        async take(orderId, wanted) {
          const lines = await parts.stock.take(orderId, wanted)
          await vi.waitFor(() => expect(performance.now()).toBeGreaterThan(endsAt))
          return lines
        },
      },
    }
    const endsAt = performance.now() + 1_000
    const by = shop.ordersWith(late)
    await expect(beforeDeadline(endsAt, () => place(items(['prd_a', 1]), { key: 'k', by }))).rejects.toMatchObject({
      code: 'TOO_LATE',
    })
    expect([await shop.left(), await shop.stockOf('prd_a')]).toEqual([NOTHING_LEFT, 50])
  })

  test('by the word of the sweeper is not placed either', async () => {
    const swept: SagaParts = {
      ...parts,
      stock: {
        ...parts.stock,
        async take(orderId, wanted) {
          const lines = await parts.stock.take(orderId, wanted)
          await shop.passTime()
          await sweep(parts)
          return lines
        },
      },
    }
    const by = shop.ordersWith(swept)
    await expect(place(items(['prd_a', 1]), { key: 'k', by })).rejects.toMatchObject({ code: 'TOO_LATE' })
    expect([await shop.left(), await shop.stockOf('prd_a')]).toEqual([NOTHING_LEFT, 50])
  })
})

test('an order that a transaction placed gives its pieces back to the shelf when a saga cancels it', async () => {
  const { catalogue } = shop
  const stock = databaseStock(catalogue, { stockChanged: async () => {} })
  const { value } = await ordersOn(catalogue).place(
    { userId: USER, key: 'k', requestHash: Buffer.alloc(32) },
    { items: items(['prd_a', 4]) },
  )
  expect(await shop.stockOf('prd_a')).toBe(46)
  const checkout = checkoutSaga({ orders: databaseSagaOrders(catalogue), stock }, () => '')
  await checkout.cancel(USER, value.id)
  expect(await shop.stockOf('prd_a')).toBe(50)
})
