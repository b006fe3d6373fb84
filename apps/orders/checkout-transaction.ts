/**
 * Touches the tables of two modules, as beside it only a payment's claim does: stock, order, idempotency key and cart change together in
 * one MySQL transaction, or not at all. What giving it up costs is seen where a stage's checkout is a saga.
 */
import type { Transaction } from 'kysely'
import { ShopError } from '../platform/http/errors.ts'
import { type Answer, assertSameRequest, type IdempotentRequest } from '../platform/http/idempotency.ts'
import type { Database } from '../platform/mysql/database.ts'
import type { Store } from '../platform/mysql/store.ts'
import { codeOf, inTransaction } from '../platform/mysql/transactions.ts'
import { bucketOfUser } from '../platform/process/buckets.ts'
import { newId } from '../platform/process/ids.ts'
import { lockProducts, type ProductsTables, returnStock, takeStock } from '../products/queries.ts'
import { type CartTables, deleteCartItems } from './cart/queries.ts'
import type { Checkout } from './checkout.ts'
import type { Draft, Order, OrderItem } from './order.ts'
import {
  insertOrder,
  insertOrderKey,
  type LineRow,
  type OrderRow,
  type OrdersTables,
  selectOrder,
  selectOrderKey,
  setCancelled,
} from './queries.ts'
import { readOrder, toOrder, whyNot } from './stored-orders.ts'

type Tables = OrdersTables & CartTables & ProductsTables
type Trx = Transaction<Tables>

/** Only where orders and products are in one store. */
export function checkoutTransaction(store: Store<Tables>): Checkout {
  return {
    place: (request, draft) => place(store.of(request.userId).writes, request, draft),
    cancel: (userId, id) => cancel(store.of(userId).writes, userId, id),
  }
}

async function place(db: Database<Tables>, request: IdempotentRequest, draft: Draft): Promise<Answer<Order>> {
  const id = newId('ord', bucketOfUser(request.userId))
  try {
    return { value: await inTransaction(db, (trx) => checkOut(trx, request, id, draft)), replayed: false }
  } catch (error) {
    if (codeOf(error) === 'ER_DUP_ENTRY') return { value: await replay(db, request), replayed: true }
    throw error
  }
}

/** The key comes first: a repeat must find it before it looks at a stock, or a cart, that the first request has taken. */
async function checkOut(trx: Trx, request: IdempotentRequest, id: string, { items, fromCart }: Draft): Promise<Order> {
  await takeKey(trx, request, id)
  if (fromCart) await takeFromCart(trx, request.userId, items)
  const lines = await takeItems(trx, id, items)
  const total = lines.reduce((sum, { quantity, unit_price_cents }) => sum + quantity * unit_price_cents, 0)
  const created = { status: 'placed', total_cents: total, payment_id: null, created_at: new Date() } as const
  const order: OrderRow = { id, user_id: request.userId, ...created }
  await insertOrder(trx, order, lines)
  return toOrder(order, lines)
}

/** Waits while another request with the key is running, up to the database's lock wait timeout. */
async function takeKey(trx: Trx, { userId, key, requestHash }: IdempotentRequest, orderId: string): Promise<void> {
  const row = { user_id: userId, idempotency_key: key, request_hash: requestHash, order_id: orderId }
  await insertOrderKey(trx, row).catch((error) => {
    const code = codeOf(error)
    if (code === 'ER_LOCK_WAIT_TIMEOUT') throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1 })
    // Only requests with this key can have got in the way; the cause lets the transaction run again before we say so.
    if (code === 'ER_LOCK_DEADLOCK') throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1, cause: error })
    throw error
  })
}

/** Whoever changes the cart at the same time waits for the order, or the order for them; then the cart is not as it was seen. */
async function takeFromCart(trx: Trx, userId: string, items: readonly OrderItem[]): Promise<void> {
  if (items.length === 0) throw new ShopError('CART_EMPTY')
  const carts: Transaction<CartTables> = trx
  if (!(await deleteCartItems(carts, userId, items))) throw new ShopError('CART_CHANGED', undefined, { retryAfterS: 1 })
}

async function takeItems(trx: Trx, orderId: string, items: readonly OrderItem[]): Promise<LineRow[]> {
  const ids = items.map(({ productId }) => productId)
  const products = new Map((await lockProducts(trx, ids)).map((product) => [product.id, product]))
  const lines = items.map(({ productId, quantity }, position) => {
    const product = products.get(productId)
    if (!product) throw new ShopError('PRODUCT_NOT_FOUND', `there is no product ${productId}`)
    if (product.stock < quantity) throw outOfStock(productId, product.stock)
    return {
      order_id: orderId,
      position,
      product_id: productId,
      name: product.name,
      unit_price_cents: product.price_cents,
      quantity,
    }
  })
  // The rows are locked, so this cannot fail; the condition on the stock in it is the last line of defence.
  if (!(await takeStock(trx, items))) throw new ShopError('OUT_OF_STOCK')
  return lines
}

function outOfStock(productId: string, stock: number): ShopError {
  return new ShopError('OUT_OF_STOCK', `of product ${productId} there are ${stock} left`)
}

/**
 * The order as it was first answered, byte for byte: nothing but its status ever changes. Read where it was written:
 * a key that was in use a moment ago need not be at any replica.
 */
async function replay(db: Database<Tables>, request: IdempotentRequest): Promise<Order> {
  const known = await selectOrderKey(db, request.userId, request.key)
  if (!known) throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1 })
  assertSameRequest(known.request_hash, request)
  return { ...(await readOrder(db, request.userId, known.order_id)), status: 'placed' }
}

async function cancel(db: Database<Tables>, userId: string, id: string): Promise<Order> {
  return inTransaction(db, async (trx) => {
    const own: Transaction<OrdersTables> = trx
    const cancelled = await setCancelled(own, userId, id)
    const found = await selectOrder(own, userId, id)
    if (!cancelled || !found) throw whyNot(found?.row)
    const order = toOrder(found.row, found.lines)
    await returnStock(trx, order.items)
    return order
  })
}
