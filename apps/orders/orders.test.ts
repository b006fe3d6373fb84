import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { codeOf, items, outcomes, requestFor } from '../fixtures/order-requests.ts'
import { ordersOn } from '../fixtures/orders.ts'
import { type ShopDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import type { OrderItem } from './order.ts'
import type { Orders } from './orders.ts'

const PRODUCTS = [
  { id: 'prd_a', stock: 50, priceCents: 100 },
  { id: 'prd_b', stock: 50, priceCents: 250 },
  { id: 'prd_last', stock: 1 },
]

let databases: ShopDatabase
let orders: Orders

beforeEach(async () => {
  databases = await shopDatabase(inject('databaseUrl'), PRODUCTS)
  orders = ordersOn(databases)
})
afterEach(() => databases.close())

function place(wanted: OrderItem[], { userId = 'usr_01', key = randomUUID() as string } = {}) {
  return orders.place(requestFor(wanted, { userId, key }), { items: wanted })
}

async function stockOf(id: string): Promise<number> {
  const { stock } = await databases.writes.selectFrom('products').select('stock').where('id', '=', id).executeTakeFirstOrThrow()
  return stock
}

async function countOf(table: 'orders' | 'order_lines' | 'order_keys'): Promise<number> {
  const { count } = await databases.writes
    .selectFrom(table)
    .select((q) => q.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

describe('placing an order', () => {
  test('takes the stock and keeps name and price of that moment', async () => {
    const { value, replayed } = await place(items(['prd_b', 2], ['prd_a', 3]))
    expect(replayed).toBe(false)
    expect(value).toMatchObject({ status: 'placed', totalCents: 800 })
    expect(value.items.map(({ productId, unitPriceCents }) => [productId, unitPriceCents])).toEqual([
      ['prd_b', 250],
      ['prd_a', 100],
    ])
    await databases.writes.updateTable('products').set({ price_cents: 1, name: 'new' }).execute()
    expect(await orders.find('usr_01', value.id)).toEqual(value)
    expect([await stockOf('prd_a'), await stockOf('prd_b')]).toEqual([47, 48])
  })

  test('of more than there is takes nothing and remembers nothing', async () => {
    const key = 'k'
    await expect(place(items(['prd_a', 5], ['prd_last', 2]), { key })).rejects.toMatchObject({ code: 'OUT_OF_STOCK' })
    expect(await stockOf('prd_a')).toBe(50)
    expect(await countOf('order_keys')).toBe(0)
    await databases.writes.updateTable('products').set({ stock: 2 }).where('id', '=', 'prd_last').execute()
    expect(await place(items(['prd_a', 5], ['prd_last', 2]), { key })).toMatchObject({ replayed: false })
  })

  test('refuses an unknown product and a product named twice', async () => {
    await expect(place(items(['prd_a', 1], ['prd_none', 1]))).rejects.toMatchObject({ code: 'PRODUCT_NOT_FOUND' })
    await expect(place(items(['prd_a', 1], ['prd_a', 1]))).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect(await countOf('orders')).toBe(0)
  })
})

describe('an idempotency key', () => {
  test('gives the first answer again, byte for byte, whatever became of the order', async () => {
    const first = await place(items(['prd_a', 1], ['prd_b', 1]), { key: 'k' })
    await orders.cancel('usr_01', first.value.id)
    const again = await place(items(['prd_a', 1], ['prd_b', 1]), { key: 'k' })
    expect(again.replayed).toBe(true)
    expect(JSON.stringify(again.value)).toBe(JSON.stringify(first.value))
  })

  test('finds its order even where that took the last piece', async () => {
    await place(items(['prd_last', 1]), { key: 'k' })
    expect(await place(items(['prd_last', 1]), { key: 'k' })).toMatchObject({ replayed: true })
  })

  test('with another body is refused, and belongs to its user alone', async () => {
    await place(items(['prd_a', 1]), { key: 'k' })
    await expect(place(items(['prd_a', 2]), { key: 'k' })).rejects.toMatchObject({ code: 'KEY_REUSED' })
    expect(await place(items(['prd_a', 2]), { key: 'k', userId: 'usr_02' })).toMatchObject({ replayed: false })
  })

  test('sent 50 times at once makes one order', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 50 }, () => place(items(['prd_a', 1]), { key: 'k' })))
    const ok = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [codeOf(answer.reason)] : []))
    expect(new Set(ok.map(({ value }) => value.id)).size).toBe(1)
    expect(ok.filter(({ replayed }) => !replayed)).toHaveLength(1)
    expect(refused.filter((code) => code !== 'KEY_IN_USE')).toEqual([])
    expect([await countOf('orders'), await stockOf('prd_a')]).toEqual([1, 49])
  })

  test('sent 50 times at once for what is sold out is refused 50 times, never with a failure of ours', async () => {
    const answers = await outcomes(Array.from({ length: 50 }, () => place(items(['prd_last', 2]), { key: 'k' })))
    const { OUT_OF_STOCK = 0, KEY_IN_USE = 0 } = answers
    expect(OUT_OF_STOCK).toBeGreaterThan(0)
    expect(OUT_OF_STOCK + KEY_IN_USE).toBe(50)
    expect(await countOf('order_keys')).toBe(0)
  })
})

describe('many at once', () => {
  test('200 orders of the last piece: one gets it', async () => {
    const found = await outcomes(Array.from({ length: 200 }, () => place(items(['prd_last', 1]))))
    expect(found).toEqual({ ok: 1, OUT_OF_STOCK: 199 })
    expect([await stockOf('prd_last'), await countOf('orders'), await countOf('order_lines')]).toEqual([0, 1, 1])
  })

  test('two hot products in either order: all is sold and nothing fails', async () => {
    const wanted = (index: number) => (index % 2 ? items(['prd_a', 1], ['prd_b', 1]) : items(['prd_b', 1], ['prd_a', 1]))
    const found = await outcomes(Array.from({ length: 120 }, (_, index) => place(wanted(index))))
    expect(found).toEqual({ ok: 50, OUT_OF_STOCK: 70 })
    expect([await stockOf('prd_a'), await stockOf('prd_b')]).toEqual([0, 0])
  })

  test('orders and cancellations mixed: every piece is in stock or in a live order', async () => {
    const work = Array.from({ length: 150 }, async (_, index) => {
      const wanted = index % 3 ? items(['prd_a', 1 + (index % 4)], ['prd_b', 1]) : items(['prd_b', 2])
      const { value } = await place(wanted)
      if (index % 2) await Promise.allSettled([orders.cancel('usr_01', value.id), orders.cancel('usr_01', value.id)])
    })
    const found = await outcomes(work)
    expect(Object.keys(found).filter((name) => name !== 'ok' && name !== 'OUT_OF_STOCK')).toEqual([])
    for (const product of ['prd_a', 'prd_b']) expect((await stockOf(product)) + (await soldOf(product))).toBe(50)
    const statuses = await databases.writes.selectFrom('orders').select('status').distinct().execute()
    expect(statuses.map(({ status }) => status).sort()).toEqual(['cancelled', 'placed'])
  })
})

async function soldOf(productId: string): Promise<number> {
  const { sold } = await databases.writes
    .selectFrom('order_lines as l')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .select((q) => q.fn.sum<number | null>('l.quantity').as('sold'))
    .where('l.product_id', '=', productId)
    .where('o.status', '!=', 'cancelled')
    .executeTakeFirstOrThrow()
  return Number(sold)
}

describe('cancelling', () => {
  test('gives the stock back once', async () => {
    const { value } = await place(items(['prd_b', 4], ['prd_a', 2]))
    const found = await outcomes(Array.from({ length: 10 }, () => orders.cancel('usr_01', value.id)))
    expect(found).toEqual({ ok: 1, ALREADY_CANCELLED: 9 })
    expect([await stockOf('prd_a'), await stockOf('prd_b')]).toEqual([50, 50])
    expect(await orders.find('usr_01', value.id)).toMatchObject({ status: 'cancelled' })
  })

  test("another user's order, and one that is being paid or is paid, stays as it is", async () => {
    const { value } = await place(items(['prd_a', 1]))
    await expect(orders.cancel('usr_02', value.id)).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
    await orders.claimForPayment('usr_01', value.id, 'pay_1')
    await expect(orders.cancel('usr_01', value.id)).rejects.toMatchObject({ code: 'PAYMENT_IN_PROGRESS' })
    await orders.markPaid('usr_01', value, 'pay_1')
    await expect(orders.cancel('usr_01', value.id)).rejects.toMatchObject({ code: 'ALREADY_PAID' })
    expect(await stockOf('prd_a')).toBe(49)
  })
})

describe('for a payment', () => {
  test('one payment claims an order, and may do so again', async () => {
    const { value } = await place(items(['prd_a', 1]))
    const ids = Array.from({ length: 10 }, (_, index) => `pay_${index}`)
    expect(await outcomes(ids.map((id) => orders.claimForPayment('usr_01', value.id, id)))).toEqual({
      ok: 1,
      PAYMENT_IN_PROGRESS: 9,
    })
    const again = await Promise.allSettled(ids.map((id) => orders.claimForPayment('usr_01', value.id, id)))
    expect(again.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('what a payment gave back it cannot claim again, but another one can', async () => {
    const { value } = await place(items(['prd_a', 1]))
    await orders.claimForPayment('usr_01', value.id, 'pay_1')
    await orders.releasePayment('usr_01', value.id, 'pay_1')
    expect(await orders.claimForPayment('usr_01', value.id, 'pay_1')).toMatchObject({ status: 'placed' })
    expect(await orders.claimForPayment('usr_01', value.id, 'pay_2')).toMatchObject({ status: 'paying' })
    await orders.releasePayment('usr_01', value.id, 'pay_1')
    await expect(orders.markPaid('usr_01', value, 'pay_1')).rejects.toThrow('does not hold')
    await orders.markPaid('usr_01', value, 'pay_2')
    await orders.markPaid('usr_01', value, 'pay_2')
    await expect(orders.claimForPayment('usr_01', value.id, 'pay_3')).rejects.toMatchObject({ code: 'ALREADY_PAID' })
  })
})

describe('lists', () => {
  test('show the newest first, each order once, and only the own', async () => {
    const mine: string[] = []
    for (let index = 0; index < 5; index += 1) mine.push((await place(items(['prd_a', 1], ['prd_b', 1]))).value.id)
    await place(items(['prd_a', 1]), { userId: 'usr_02' })
    const first = await orders.list('usr_01', { limit: 3 })
    const second = await orders.list('usr_01', { limit: 3, cursor: first.nextCursor ?? '' })
    expect(second.nextCursor).toBe(null)
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(mine.sort().reverse())
    expect(first.items[0]).toEqual(await orders.find('usr_01', first.items[0]?.id ?? ''))
    await expect(orders.find('usr_02', mine[0] ?? '')).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' })
    await expect(orders.list('usr_01', { limit: 3, cursor: 'nonsense' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })
})
