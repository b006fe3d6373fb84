import { ShopError } from '../platform/http/errors.ts'
import type { Answer, IdempotentRequest } from '../platform/http/idempotency.ts'
import type { Database, Databases } from '../platform/mysql/database.ts'
import { cancelInTransaction, placeInTransaction } from './checkout-transaction.ts'
import { decodeOrderId, encodeOrderId } from './list-cursor.ts'
import type { OrdersTables } from './queries.ts'
import { type OrderStatus, selectLines, selectOrder, selectOrders, setPaid, setPaying, setPlacedAgain } from './queries.ts'
import { readOrder, toOrder, whyNot } from './stored-orders.ts'

export type Order = {
  readonly id: string
  readonly status: OrderStatus
  readonly totalCents: number
  readonly items: OrderLine[]
  readonly createdAt: string
}
/** Name and price as they were when the order was placed. */
export type OrderLine = {
  readonly productId: string
  readonly name: string
  readonly quantity: number
  readonly unitPriceCents: number
}
export type OrderItem = { readonly productId: string; readonly quantity: number }
export type OrderList = { readonly items: Order[]; readonly nextCursor: string | null }
export type ListRequest = { readonly limit: number; readonly cursor?: string }

/** Orders, and the stock that they take. An order of somebody else is ORDER_NOT_FOUND everywhere. */
export interface Orders {
  /** Throws PRODUCT_NOT_FOUND, OUT_OF_STOCK, KEY_REUSED, KEY_IN_USE, or BAD_REQUEST for a product named twice. */
  place(request: IdempotentRequest, draft: { items: readonly OrderItem[] }): Promise<Answer<Order>>
  /** Throws ORDER_NOT_FOUND. */
  find(userId: string, id: string): Promise<Order>
  /** Newest first. Throws BAD_REQUEST for a wrong cursor. */
  list(userId: string, request: ListRequest): Promise<OrderList>
  /** Gives the stock back. Throws ORDER_NOT_FOUND, ALREADY_PAID, ALREADY_CANCELLED, PAYMENT_IN_PROGRESS. */
  cancel(userId: string, id: string): Promise<Order>

  /**
   * `placed` → `paying`, for this payment alone. A repeat by the same payment is answered with the order as it is now.
   * Throws what `cancel` throws.
   */
  claimForPayment(userId: string, id: string, paymentId: string): Promise<Order>
  /** `paying` → `paid`; may be repeated. True for the one call that did it. */
  markPaid(order: Pick<Order, 'id' | 'items'>, paymentId: string): Promise<boolean>
  /** `paying` → `placed`; may be repeated, and does nothing to an order that this payment does not hold. */
  releasePayment(id: string, paymentId: string): Promise<void>
}

export function makeOrders({ writes, readsOf, wrote }: Databases<OrdersTables>): Orders {
  return {
    async place(request, { items }) {
      refuseTwins(items)
      const placed = await placeInTransaction(writes, request, items)
      // A repeat is noted too: the copy of the app that placed the order may have ended before it could.
      await wrote(request.userId)
      return placed
    },
    // The order may be as young as the answer that named it.
    find: async (userId, id) => readOrder(await readsOf(userId), userId, id),
    // Who has just ordered looks for that order in the list.
    list: async (userId, request) => readOrders(await readsOf(userId), userId, request),
    async cancel(userId, id) {
      try {
        return await cancelInTransaction(writes, userId, id)
      } finally {
        // A refusal is noted too: it says what the order has become, and the next look must not say otherwise.
        await wrote(userId)
      }
    },
    claimForPayment: (userId, id, paymentId) => claim(writes, userId, id, paymentId),
    async markPaid({ id }, paymentId) {
      const paid = await setPaid(writes, id, paymentId)
      if (!paid) throw new Error(`payment ${paymentId} does not hold order ${id}`)
      return paid === 'now'
    },
    releasePayment: (id, paymentId) => setPlacedAgain(writes, id, paymentId),
  }
}

function refuseTwins(items: readonly OrderItem[]): void {
  const products = new Set(items.map(({ productId }) => productId))
  if (products.size < items.length)
    throw new ShopError('BAD_REQUEST', 'each product may be in an order once; say how many by its quantity')
}

async function readOrders(db: Database<OrdersTables>, userId: string, { limit, cursor }: ListRequest): Promise<OrderList> {
  const before = cursor === undefined ? {} : { before: decodeOrderId(cursor) }
  const rows = await selectOrders(db, userId, { ...before, most: limit + 1 })
  const shown = rows.slice(0, limit)
  const ids = shown.map(({ id }) => id)
  const linesOf = Map.groupBy(await selectLines(db, ids), (line) => line.order_id)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    items: shown.map((row) => toOrder(row, linesOf.get(row.id) ?? [])),
    nextCursor: last ? encodeOrderId(last.id) : null,
  }
}

async function claim(db: Database<OrdersTables>, userId: string, id: string, paymentId: string): Promise<Order> {
  const claimed = await setPaying(db, userId, id, paymentId)
  const row = await selectOrder(db, userId, id)
  if (row && (claimed || row.payment_id === paymentId)) return toOrder(row, await selectLines(db, [id]))
  throw whyNot(row)
}
