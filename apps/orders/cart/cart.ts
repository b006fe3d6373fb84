/**
 * Carts, written through: a change is committed to MySQL, and then Redis is given what MySQL has (B21). A cart is right whatever
 * becomes of Redis, as only what was read after the last change counts as cached. Names and prices are the catalogue's, and of today.
 */
import { type ErrorCode, ShopError } from '../../platform/http/errors.ts'
import type { Answer, IdempotentRequest } from '../../platform/http/idempotency.ts'
import type { Database } from '../../platform/mysql/database.ts'
import type { Store } from '../../platform/mysql/store.ts'
import { inTransaction, withRetries } from '../../platform/mysql/transactions.ts'
import type { Products } from '../../products/products.ts'
import { MOST_PRODUCTS, type Order, type OrderItem, type OrderLine } from '../order.ts'
import type { Orders } from '../orders.ts'
import { type CartCache, readThrough } from './cached.ts'
import { type CartTables, deleteCartItem, lockCart, selectCartItems, upsertCartItem } from './queries.ts'

export type Cart = { readonly items: OrderLine[]; readonly totalCents: number }

export interface Carts {
  of(userId: string): Promise<Cart>
  /** So many pieces of the product and no more; 0 takes it out. Throws PRODUCT_NOT_FOUND or CART_FULL. */
  put(userId: string, item: OrderItem): Promise<Cart>
  /** Orders all that is in it. Throws CART_EMPTY, CART_CHANGED where that goes on all the time, and what orders throw. */
  order(request: IdempotentRequest): Promise<Answer<Order>>
}

export type CartParts = {
  readonly products: Pick<Products, 'current'>
  readonly orders: Pick<Orders, 'place'>
  /** Where there is one. */
  readonly cached?: CartCache
}

/** A cart that is put into from another window meanwhile is looked at again. */
const ATTEMPTS = 3

export function makeCarts(store: Pick<Store<CartTables>, 'of'>, { products, orders, cached }: CartParts): Carts {
  const { read, change } = readThrough(store, cached)
  const of = async (userId: string) => priced(await read(userId), products)
  return {
    of,
    async put(userId, item) {
      const known = await products.current([item.productId])
      if (known.length === 0) throw new ShopError('PRODUCT_NOT_FOUND')
      const databases = store.of(userId)
      const work = async () => {
        const hasChanged = await putItem(databases.writes, userId, item)
        await databases.wrote(userId)
        return hasChanged
      }
      await change(userId, work, (hasChanged) => hasChanged)
      return of(userId)
    },
    async order(request) {
      const { userId } = request
      const seen = await read(userId)
      const work = () => orderSeen({ orders, store }, request, seen)
      return change(userId, work, ({ replayed }) => !replayed)
    },
  }
}

async function priced(items: readonly OrderItem[], products: CartParts['products']): Promise<Cart> {
  const shown = new Map((await products.current(items.map(({ productId }) => productId))).map((one) => [one.id, one]))
  const lines = items.flatMap(({ productId, quantity }) => {
    const product = shown.get(productId)
    return product ? [{ productId, name: product.name, quantity, unitPriceCents: product.priceCents }] : []
  })
  return { items: lines, totalCents: lines.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0) }
}

/** False where there was nothing to change. */
async function putItem(db: Database<CartTables>, userId: string, { productId, quantity }: OrderItem): Promise<boolean> {
  if (quantity === 0) return withRetries(() => deleteCartItem(db, userId, productId))
  return inTransaction(db, async (trx) => {
    await lockCart(trx, userId)
    const items = await selectCartItems(trx, userId)
    const before = items.find((item) => item.productId === productId)
    const others = items.filter((item) => item !== before)
    if (others.length >= MOST_PRODUCTS) throw new ShopError('CART_FULL', `there are ${MOST_PRODUCTS} products in it already`)
    await upsertCartItem(trx, { user_id: userId, product_id: productId, quantity, put_at: new Date() })
    return before?.quantity !== quantity
  })
}

type Ordering = Pick<CartParts, 'orders'> & { readonly store: Pick<Store<CartTables>, 'of'> }

/** What was seen is ordered if the cart still has it in just that quantity; what else was put in meanwhile stays. */
async function orderSeen(
  { orders, store }: Ordering,
  request: IdempotentRequest,
  seen: readonly OrderItem[],
): Promise<Answer<Order>> {
  let items = seen
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await orders.place(request, { items, fromCart: true })
    } catch (error) {
      if (attempt === ATTEMPTS || !is(error, 'CART_CHANGED')) throw error
    }
    items = await selectCartItems(store.of(request.userId).writes, request.userId)
  }
}

function is(error: unknown, code: ErrorCode): boolean {
  return error instanceof ShopError && error.code === code
}
