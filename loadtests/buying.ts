/** Placing an order and paying for it, each written to the history before it is sent and when its outcome is known. */

import { FROM_CART, leavesOpen, linesOf, record } from './history.ts'
import { endSoldOut, expectStatus, think } from './journey.ts'
import { type Draw, popularProduct } from './popularity.ts'
import type { LoadSettings } from './settings.ts'
import { type Answer, bodyOf, type Draft, type OrderLine, payOrder, placeOrder, type Visit } from './shop.ts'

/** Pieces in an order, one of each product that is drawn. */
const PIECES_PER_ORDER = 2
/** The other cards are for drills: what they do is no figure of the shop. */
const CARD = 'tok_approved'

export function buy(visit: Visit, draw: Draw, key: string, settings: LoadSettings): void {
  const orderId = order(visit, { items: drawItems(draw) }, key)
  think(settings)
  pay(visit, orderId, `${key}-pay`)
}

/** The id of the order. Ends the journey when there is nothing left. */
export function order(visit: Visit, draft: Draft, key: string): string {
  const items = 'items' in draft ? draft.items : FROM_CART
  record({ kind: 'begin', operation: 'order', key, userId: visit.shopper?.userId ?? '', items })
  const answer = placeOrder(visit, draft, key)
  const placed = bodyOf<Placed & { code: string }>(answer)
  const { id, status, totalCents, items: answered } = placed ?? {}
  if (answer.status === 201 && id !== undefined && status !== undefined && totalCents !== undefined && answered !== undefined) {
    record({ kind: 'order', id, key, status, totalCents, items: linesOf(answered) })
    return id
  }
  recordFailure('order', key, answer, placed?.code)
  if (answer.status === 409 && NOTHING_LEFT.has(placed?.code ?? '')) endSoldOut()
  expectStatus(answer, 201, 'POST /orders')
  throw new Error(`POST /orders: 201 without an order: ${answer.body}`)
}

/** On the shelf, or in the cart, which another journey of the same shopper may have ordered. */
const NOTHING_LEFT = new Set(['OUT_OF_STOCK', 'CART_EMPTY', 'CART_CHANGED'])

/** What the shop answers to an order. */
export type Placed = {
  readonly id: string
  readonly status: string
  readonly totalCents: number
  readonly items: readonly OrderLine[]
}

export function pay(visit: Visit, orderId: string, key: string): void {
  record({ kind: 'begin', operation: 'payment', key, orderId, card: CARD })
  const answer = payOrder(visit, orderId, CARD, key)
  const paid = bodyOf<{ id: string; status: string; amountCents: number; code: string }>(answer)
  const { id, status, amountCents } = paid ?? {}
  if (answer.status === 201 && id !== undefined && status !== undefined && amountCents !== undefined) {
    record({ kind: 'payment', id, orderId, key, status, amountCents })
    return
  }
  recordFailure('payment', key, answer, paid?.code)
  expectStatus(answer, 201, 'POST /orders/:id/payments')
  throw new Error(`POST /orders/:id/payments: 201 without a payment: ${answer.body}`)
}

function recordFailure(operation: 'order' | 'payment', key: string, answer: Answer, code = ''): void {
  // Another answer than the one expected promises nothing either.
  if (answer.status < 400 || leavesOpen(answer.status, code))
    record({ kind: 'info', operation, key, detail: answer.error || `status ${answer.status} ${code}`.trimEnd() })
  else record({ kind: 'refused', operation, key, code })
}

export function drawItems(draw: Draw): OrderLine[] {
  const products = Array.from({ length: PIECES_PER_ORDER }, () => popularProduct(draw))
  return [...new Set(products)].map((productId) => ({
    productId,
    quantity: products.filter((other) => other === productId).length,
  }))
}
