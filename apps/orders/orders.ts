import { ShopError } from '../platform/http/errors.ts'
import type { Answer, IdempotentRequest } from '../platform/http/idempotency.ts'
import type { Database } from '../platform/mysql/database.ts'
import type { Store } from '../platform/mysql/store.ts'
import type { SaleGate } from '../products/flash-sales/gate.ts'
import type { Announce } from './announce.ts'
import type { Checkout } from './checkout.ts'
import { decodeOrderId, encodeOrderId } from './list-cursor.ts'
import type { Draft, Order, OrderItem, SoldOrder } from './order.ts'
import type { OrdersTables } from './queries.ts'
import { selectLines, selectOrder, selectOrderKey, selectOrders, setPaying, setPlacedAgain } from './queries.ts'
import { readOrder, storePaid, toOrder, whyNot } from './stored-orders.ts'
import { type Subscriber, tellPaid } from './subscribers.ts'

type OrderList = { readonly items: Order[]; readonly nextCursor: string | null }
type ListRequest = { readonly limit: number; readonly cursor?: string }

/** Orders, and the stock that they take. An order of somebody else is ORDER_NOT_FOUND everywhere. */
export interface Orders extends PayableOrders {
  /** Throws PRODUCT_NOT_FOUND, OUT_OF_STOCK, KEY_REUSED, KEY_IN_USE, CART_EMPTY, CART_CHANGED, or BAD_REQUEST for a product named twice. */
  place(request: IdempotentRequest, draft: Draft): Promise<Answer<Order>>
  /** Newest first. Throws BAD_REQUEST for a wrong cursor. */
  list(userId: string, request: ListRequest): Promise<OrderList>
  /** Gives the stock back. Throws ORDER_NOT_FOUND, ALREADY_PAID, ALREADY_CANCELLED, PAYMENT_IN_PROGRESS. */
  cancel(userId: string, id: string): Promise<Order>
}

/** What a payment needs of the order that it is for, wherever that is. */
export interface PayableOrders {
  /** Throws ORDER_NOT_FOUND. */
  find(userId: string, id: string): Promise<Order>
  /**
   * `placed` → `paying`, for this payment alone. A repeat by the same payment is answered with the order as it is now.
   * Throws what `cancel` throws.
   */
  claimForPayment(userId: string, id: string, paymentId: string): Promise<Order>
  /** `paying` → `paid`; may be repeated. */
  markPaid(userId: string, order: SoldOrder, paymentId: string): Promise<void>
  /** `paying` → `placed`; may be repeated, and does nothing to an order that this payment does not hold. */
  releasePayment(userId: string, id: string, paymentId: string): Promise<void>
}

export type OrdersParts = {
  readonly checkout: Checkout
  readonly gate: SaleGate
  readonly subscribers: readonly Subscriber[]
  /** Of what is paid; what is placed and cancelled its checkout announces. */
  readonly announce?: Announce
}

export function makeOrders(store: Store<OrdersTables>, { checkout, gate, subscribers, announce }: OrdersParts): Orders {
  const told = async (tell: (subscriber: Subscriber) => Promise<unknown> | undefined): Promise<void> => {
    await Promise.all(subscribers.map(tell))
  }
  const fresh = (userId: string) => store.of(userId).readsOf(userId)
  return {
    async place(request, draft) {
      const { items } = draft
      refuseTwins(items)
      const { userId } = request
      const place = () => checkout.place(request, draft)
      const isPlaced = () => wasPlaced(store, request)
      const placed = await gate.admit({ request, items, place, isPlaced }).catch(async (error) => {
        // What was refused changed nothing; of other errors nobody knows.
        if (!(error instanceof ShopError)) await told(({ doubted }) => doubted?.({ userId, items }))
        throw error
      })
      // A repeat is told too: the copy of the app that placed the order may have ended before it could.
      const event = { userId, items: placed.value.items }
      await told((subscriber) => subscriber.placed?.(event, placed))
      return placed
    },
    // The order may be as young as the answer that named it.
    find: async (userId, id) => readOrder(await fresh(userId), userId, id),
    // Who has just ordered looks for that order in the list.
    list: async (userId, request) => readOrders(await fresh(userId), userId, request),
    async cancel(userId, id) {
      const cancelled = await checkout.cancel(userId, id).catch(async (error) => {
        await told(({ notCancelled }) => notCancelled?.(userId))
        throw error
      })
      await told((subscriber) => subscriber.cancelled?.({ userId, items: cancelled.items }))
      return cancelled
    },
    claimForPayment: (userId, id, paymentId) => claim(store.of(userId).writes, userId, id, paymentId),
    async markPaid(userId, order, paymentId) {
      const pay = async () => {
        const paid = await storePaid(store.of(userId).writes, { userId, id: order.id, paymentId }, announce)
        if (!paid) throw new Error(`payment ${paymentId} does not hold order ${order.id}`)
        return paid === 'now'
      }
      await tellPaid(subscribers, order, pay)
    },
    releasePayment: (userId, id, paymentId) => setPlacedAgain(store.of(userId).writes, id, paymentId),
  }
}

async function wasPlaced(store: Store<OrdersTables>, { userId, key }: IdempotentRequest): Promise<boolean> {
  return (await selectOrderKey(store.of(userId).writes, userId, key)) !== undefined
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
  const found = await selectOrder(db, userId, id)
  if (found && (claimed || found.row.payment_id === paymentId)) return toOrder(found.row, found.lines)
  throw whyNot(found?.row)
}
