import { createHash, randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, inject, test } from 'vitest'
import { outcomes } from '../../fixtures/order-requests.ts'
import { ordersOn } from '../../fixtures/orders.ts'
import { shopDatabase } from '../../fixtures/shop-database.ts'
import { shopParts } from '../../fixtures/shop-parts.ts'
import { redisCache } from '../../platform/cache/cache.ts'
import { ShopError } from '../../platform/http/errors.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { makeProducts } from '../../products/products.ts'
import { MOST_PRODUCTS } from '../order.ts'
import { type Cart, type Carts, makeCarts } from './cart.ts'

const MANY = Array.from({ length: MOST_PRODUCTS + 5 }, (_, index) => ({ id: `prd_${String(index).padStart(2, '0')}`, stock: 50 }))
const PRODUCTS = [{ id: 'prd_a', stock: 50, priceCents: 100 }, { id: 'prd_b', stock: 50, priceCents: 250 }, ...MANY]
const USER = 'usr_00000000000000000000000001'

const { databases, redis } = shopParts(() => shopDatabase(inject('databaseUrl'), PRODUCTS))

function cartsOn(client?: RedisClient): Carts {
  const settings = { stampede: 'all', jitter: 'on', invalidation: 'versioned', hotKeys: 'on' } as const
  const cached = client && { cache: redisCache(client, databases, settings), ttlMs: 60_000 }
  return makeCarts(databases, { products: makeProducts(databases), orders: ordersOn(databases), ...(cached && { cached }) })
}

const linesOf = ({ items }: Cart) => items.map(({ productId, quantity }) => `${productId} ${quantity}`)
const request = (key: string = randomUUID(), userId = USER) => {
  return { userId, key, requestHash: createHash('sha256').update('the cart').digest() }
}

async function stockOf(id: string): Promise<number> {
  const { stock } = await databases.writes.selectFrom('products').select('stock').where('id', '=', id).executeTakeFirstOrThrow()
  return stock
}

async function countOf(table: 'orders' | 'order_keys' | 'cart_items'): Promise<number> {
  const count = databases.writes.selectFrom(table).select((q) => q.fn.countAll<number>().as('count'))
  return Number((await count.executeTakeFirstOrThrow()).count)
}

describe.each([
  ['in the database', () => cartsOn()],
  ['with a cache', () => cartsOn(redis.shop)],
])('a cart %s', (_place, make) => {
  let carts: Carts
  beforeEach(() => {
    carts = make()
  })
  const put = (productId: string, quantity = 1, userId = USER) => carts.put(userId, { productId, quantity })

  test('has what was put in, the first first, and each quantity as it was said last', async () => {
    expect(await carts.of(USER)).toEqual({ items: [], totalCents: 0 })
    await put('prd_b', 2)
    await put('prd_a', 3)
    const cart = await put('prd_b', 1)
    expect(linesOf(cart)).toEqual(['prd_b 1', 'prd_a 3'])
    expect(cart.totalCents).toBe(550)
    expect(cart.items[0]).toEqual({ productId: 'prd_b', name: 'Name of prd_b', quantity: 1, unitPriceCents: 250 })
    expect(await carts.of(USER)).toEqual(cart)
    expect(await carts.of('usr_00000000000000000000000002')).toEqual({ items: [], totalCents: 0 })
  })

  test('shows the prices of today', async () => {
    await put('prd_a', 2)
    await databases.writes.updateTable('products').set({ price_cents: 7, name: 'new' }).where('id', '=', 'prd_a').execute()
    expect(await carts.of(USER)).toMatchObject({ items: [{ name: 'new', unitPriceCents: 7 }], totalCents: 14 })
  })

  test('loses what is put in no more, and what was never in it', async () => {
    await put('prd_a', 2)
    expect(linesOf(await put('prd_b', 0))).toEqual(['prd_a 2'])
    expect(linesOf(await put('prd_a', 0))).toEqual([])
    await expect(put('prd_none', 1)).rejects.toMatchObject({ code: 'PRODUCT_NOT_FOUND' })
    await expect(put('prd_none', 0)).rejects.toMatchObject({ code: 'PRODUCT_NOT_FOUND' })
  })

  test('takes so many products and no more, however many come at once', async () => {
    const found = await outcomes(MANY.map(({ id }) => put(id)))
    expect(found).toEqual({ ok: MOST_PRODUCTS, CART_FULL: MANY.length - MOST_PRODUCTS })
    expect(await countOf('cart_items')).toBe(MOST_PRODUCTS)
    const [first = ''] = linesOf(await carts.of(USER)).map((line) => line.split(' ')[0])
    expect(linesOf(await put(first, 9))).toContain(`${first} 9`)
  })

  test('of one product in many windows at once has the quantity of one of them', async () => {
    const quantities = Array.from({ length: 20 }, (_, index) => index)
    expect(await outcomes(quantities.map((quantity) => put('prd_a', quantity)))).toEqual({ ok: 20 })
    const last = linesOf(await carts.of(USER))
    expect([[], ...quantities.slice(1).map((quantity) => [`prd_a ${quantity}`])]).toContainEqual(last)
  })

  test('is ordered as a whole, and empty with the commit of its order', async () => {
    await put('prd_b', 2)
    await put('prd_a', 3)
    const { value, replayed } = await carts.order(request())
    expect([replayed, value.totalCents, value.status]).toEqual([false, 800, 'placed'])
    expect(value.items.map(({ productId, quantity }) => `${productId} ${quantity}`)).toEqual(['prd_b 2', 'prd_a 3'])
    expect(linesOf(await carts.of(USER))).toEqual([])
    expect([await stockOf('prd_a'), await stockOf('prd_b')]).toEqual([47, 48])
  })

  test('that is empty is no order, and the key is free', async () => {
    const once = request()
    await expect(carts.order(once)).rejects.toMatchObject({ code: 'CART_EMPTY' })
    expect(await countOf('order_keys')).toBe(0)
    await put('prd_a')
    expect(await carts.order(once)).toMatchObject({ replayed: false })
  })

  test('that cannot be had stays as it is', async () => {
    await put('prd_a', 50)
    await put('prd_b', 51)
    await expect(carts.order(request())).rejects.toMatchObject({ code: 'OUT_OF_STOCK' })
    expect(linesOf(await carts.of(USER))).toEqual(['prd_a 50', 'prd_b 51'])
    expect(await countOf('order_keys')).toBe(0)
  })

  test('ordered again under its key answers the same, though it is empty or has something new', async () => {
    await put('prd_a', 2)
    const once = request()
    const first = await carts.order(once)
    const again = await carts.order(once)
    await put('prd_b', 1)
    const later = await carts.order(once)
    for (const repeat of [again, later]) expect(repeat).toEqual({ value: first.value, replayed: true })
    expect(linesOf(await carts.of(USER))).toEqual(['prd_b 1'])
    const otherHash = createHash('sha256').update('something else').digest()
    await expect(carts.order({ ...once, requestHash: otherHash })).rejects.toMatchObject({ code: 'KEY_REUSED' })
  })

  test('that is not as it was seen is not ordered as it was seen', async () => {
    await put('prd_a', 2)
    for (const seen of [
      { productId: 'prd_a', quantity: 1 },
      { productId: 'prd_b', quantity: 2 },
    ]) {
      const place = ordersOn(databases).place(request(), { items: [seen], fromCart: true })
      await expect(place).rejects.toMatchObject({ code: 'CART_CHANGED' })
    }
    expect(linesOf(await carts.of(USER))).toEqual(['prd_a 2'])
    expect([await countOf('orders'), await countOf('order_keys'), await stockOf('prd_b')]).toEqual([0, 0, 50])
  })

  test('ordered many times at once is ordered once', async () => {
    await put('prd_a', 2)
    const found = await outcomes(Array.from({ length: 12 }, () => carts.order(request())))
    expect(found).toEqual({ ok: 1, CART_EMPTY: 11 })
    expect([await countOf('orders'), await stockOf('prd_a')]).toEqual([1, 48])
  })

  test('that is put into while it is ordered loses nothing but what was ordered', async () => {
    let ordered = 0
    const ids = MANY.slice(0, 12).map(({ id }) => id)
    const putting = Promise.all(ids.map((id) => put(id)))
    while (ordered < 6) {
      const answer = await carts.order(request()).catch(refused)
      ordered += answer ? 1 : 0
      if (!answer && (await settledWithin(putting))) break
    }
    await putting
    const left = (await carts.of(USER)).items.map(({ productId }) => productId)
    const lines = await databases.writes.selectFrom('order_lines').select('product_id').execute()
    expect([...left, ...lines.map(({ product_id }) => product_id)].toSorted()).toEqual(ids)
  })
})

function refused(error: unknown): undefined {
  if (!(error instanceof ShopError && ['CART_EMPTY', 'CART_CHANGED'].includes(error.code))) throw error
}

function settledWithin(work: Promise<unknown>): Promise<boolean> {
  return Promise.race([work.then(() => true), new Promise<boolean>((resolve) => setTimeout(resolve, 1, false))])
}
