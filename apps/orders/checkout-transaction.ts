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
import { offerOf } from '../products/stock/offer.ts'
import type { Announce } from './announce.ts'
import type { CartTables } from './cart/queries.ts'
import { takeFromCart } from './cart/take-from-cart.ts'
import type { Checkout } from './checkout.ts'
import type { Draft, Order, OrderItem, OrderLine } from './order.ts'
import { insertOrderKey, type OrdersTables, selectOrderKey } from './queries.ts'
import { readAsPlaced, storeCancelled, storePlaced } from './stored-orders.ts'

type Tables = OrdersTables & CartTables & ProductsTables
type Trx = Transaction<Tables>

/** Only where orders and products are in one store. */
export function checkoutTransaction(store: Store<Tables>, announce?: Announce): Checkout {
  return {
    place: (request, draft) => place(store.of(request.userId).writes, { request, draft, announce }),
    cancel: (userId, id) => cancel(store.of(userId).writes, userId, id, announce),
  }
}

type Placing = { readonly request: IdempotentRequest; readonly draft: Draft; readonly announce: Announce | undefined }

async function place(db: Database<Tables>, placing: Placing): Promise<Answer<Order>> {
  const { request } = placing
  const id = newId('ord', bucketOfUser(request.userId))
  try {
    return { value: await inTransaction(db, (trx) => checkOut(trx, id, placing)), replayed: false }
  } catch (error) {
    if (codeOf(error) === 'ER_DUP_ENTRY') return { value: await replay(db, request), replayed: true }
    throw error
  }
}

/** The key comes first: a repeat must find it before it looks at a stock, or a cart, that the first request has taken. */
async function checkOut(trx: Trx, id: string, { request, draft: { items, fromCart }, announce }: Placing): Promise<Order> {
  await takeKey(trx, request, id)
  if (fromCart) await emptyCart(trx, request.userId, items)
  const lines = await takeItems(trx, items)
  return storePlaced(trx, { id, userId: request.userId, lines }, announce)
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

async function emptyCart(trx: Trx, userId: string, items: readonly OrderItem[]): Promise<void> {
  if (items.length === 0) throw new ShopError('CART_EMPTY')
  await takeFromCart(trx, userId, items)
}

async function takeItems(trx: Trx, items: readonly OrderItem[]): Promise<readonly OrderLine[]> {
  const ids = items.map(({ productId }) => productId)
  const lines = offerOf(await lockProducts(trx, ids), items)
  // The rows are locked, so this cannot fail; the condition on the stock in it is the last line of defence.
  if (!(await takeStock(trx, items))) throw new ShopError('OUT_OF_STOCK')
  return lines
}

/** Read where it was written: a key that was in use a moment ago need not be at any replica. */
async function replay(db: Database<Tables>, request: IdempotentRequest): Promise<Order> {
  const known = await selectOrderKey(db, request.userId, request.key)
  if (!known) throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1 })
  assertSameRequest(known.request_hash, request)
  return readAsPlaced(db, request.userId, known.order_id)
}

async function cancel(db: Database<Tables>, userId: string, id: string, announce?: Announce): Promise<Order> {
  return inTransaction(db, async (trx) => {
    const order = await storeCancelled(trx, userId, id, announce)
    await returnStock(trx, order.items)
    return order
  })
}
