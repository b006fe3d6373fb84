/**
 * Where stock and orders are in two databases no transaction spans both. Instead each step is a commit of its own, may be repeated, and
 * may be the last one before the process ends: key → stock → order. The order's own database decides what became of it, and whoever
 * finds that nothing did writes that there before the stock goes back. What is left behind the sweeper ends.
 */
import { withoutDeadline } from '../../platform/http/deadline.ts'
import { ShopError } from '../../platform/http/errors.ts'
import { type Answer, assertSameRequest, type IdempotentRequest } from '../../platform/http/idempotency.ts'
import { observeBetweenSteps } from '../../platform/http/metrics.ts'
import { logLine } from '../../platform/process/log.ts'
import type { Stock } from '../../products/stock/stock.ts'
import type { Checkout } from '../checkout.ts'
import type { Draft, Order } from '../order.ts'
import { giveBack } from './give-back.ts'
import type { Intent, KnownKey, SagaOrders } from './saga-orders.ts'
import { DUTIES } from './steps.ts'

export type SagaParts = { readonly orders: SagaOrders; readonly stock: Stock }
/** Makes the id of an order of this user. */
type NewOrderId = (userId: string) => string

export function checkoutSaga(parts: SagaParts, newOrderId: NewOrderId): Checkout {
  return {
    place: (request, draft) => place(parts, request, newOrderId(request.userId), draft),
    cancel: (userId, id) => cancel(parts, userId, id),
  }
}

/** The key comes first: a repeat must find it before it looks at a stock that the first request has taken. */
async function place(parts: SagaParts, request: IdempotentRequest, orderId: string, draft: Draft): Promise<Answer<Order>> {
  const known = await parts.orders.intend(request, orderId)
  if (known && known.orderId !== orderId) return { value: await replay(parts.orders, request, known), replayed: true }
  const intent = { userId: request.userId, key: request.key, orderId }
  const placed = await takeAndPlace(parts, intent, draft).catch((error) =>
    // The request's time may be over. What it has begun ends all the same: it concerns its own order alone.
    withoutDeadline(() => giveUp(parts, intent, error)),
  )
  return { value: placed, replayed: false }
}

async function replay(orders: SagaOrders, request: IdempotentRequest, known: KnownKey): Promise<Order> {
  assertSameRequest(known.requestHash, request)
  if (!known.isPlaced) throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1 })
  return orders.find(request.userId, known.orderId)
}

async function takeAndPlace({ orders, stock }: SagaParts, intent: Intent, { items, fromCart }: Draft): Promise<Order> {
  if (fromCart && items.length === 0) throw new ShopError('CART_EMPTY')
  const lines = await stock.take(intent.orderId, items)
  const takenAt = performance.now()
  const placed = await orders.place(intent, lines, { fromCart })
  observeBetweenSteps(performance.now() - takenAt)
  // It took so long that the sweeper thought nobody went on.
  if (!placed) throw new ShopError('TOO_LATE', undefined, { retryAfterS: 1 })
  return placed
}

/** Answers the order where it was placed for all that, and only the answer was lost. Throws the error otherwise. */
async function giveUp({ orders, stock }: SagaParts, intent: Intent, error: unknown): Promise<Order> {
  const state = await orders.refuse(intent)
  if (DUTIES[state] === 'keep') return orders.find(intent.userId, intent.orderId)
  if (!tookNothing(error)) await giveBack(stock, intent.orderId).catch((cause) => leaveToSweeper(intent.orderId, cause))
  throw error
}

function tookNothing(error: unknown): boolean {
  return error instanceof ShopError && BEFORE_TAKING.has(error.code)
}

const BEFORE_TAKING: ReadonlySet<string> = new Set(['CART_EMPTY', 'OUT_OF_STOCK', 'PRODUCT_NOT_FOUND'])

function leaveToSweeper(orderId: string, cause: unknown): void {
  logLine(40, `the pieces of order ${orderId} come back with the next sweep: ${cause instanceof Error ? cause.message : cause}`)
}

async function cancel({ orders, stock }: SagaParts, userId: string, id: string): Promise<Order> {
  const order = await orders.cancel(userId, id)
  // It is cancelled whatever comes of the rest.
  await withoutDeadline(async () => {
    await giveBack(stock, id, order.items)
    await orders.settle(id)
  }).catch((cause) => leaveToSweeper(id, cause))
  return order
}
