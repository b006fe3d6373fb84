import type { Transaction } from 'kysely'
import { type ErrorCode, ShopError } from '../platform/http/errors.ts'
import type { Database } from '../platform/mysql/database.ts'
import { inTransaction } from '../platform/mysql/transactions.ts'
import type { Announce } from './announce.ts'
import type { Order, OrderLine, OrderStatus } from './order.ts'
import { insertOrder, type LineRow, type OrderRow, type OrdersTables, selectOrder, setCancelled, setPaid } from './queries.ts'

/** Throws ORDER_NOT_FOUND. */
export async function readOrder(db: Database<OrdersTables>, userId: string, id: string): Promise<Order> {
  const found = await selectOrder(db, userId, id)
  if (!found) throw new ShopError('ORDER_NOT_FOUND')
  return toOrder(found.row, found.lines)
}

/** As it was first answered, byte for byte: nothing but its status ever changes. Throws ORDER_NOT_FOUND. */
export async function readAsPlaced(db: Database<OrdersTables>, userId: string, id: string): Promise<Order> {
  return { ...(await readOrder(db, userId, id)), status: 'placed' }
}

type Trx = Transaction<OrdersTables>
type Placing = { readonly id: string; readonly userId: string; readonly lines: readonly OrderLine[] }

export async function storePlaced(trx: Trx, { id, userId, lines }: Placing, announce?: Announce): Promise<Order> {
  const total_cents = lines.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0)
  const order: OrderRow = { id, user_id: userId, status: 'placed', total_cents, payment_id: null, created_at: new Date() }
  const rows = lines.map((line, position) => toRow(id, position, line))
  await insertOrder(trx, order, rows)
  const placed = toOrder(order, rows)
  await announce?.(trx, 'placed', { ...placed, userId })
  return placed
}

/** Throws ORDER_NOT_FOUND, ALREADY_PAID, ALREADY_CANCELLED or PAYMENT_IN_PROGRESS. */
export async function storeCancelled(trx: Trx, userId: string, id: string, announce?: Announce): Promise<Order> {
  const cancelled = await setCancelled(trx, userId, id)
  const found = await selectOrder(trx, userId, id)
  if (!cancelled || !found) throw whyNot(found?.row)
  const order = toOrder(found.row, found.lines)
  await announce?.(trx, 'cancelled', { ...order, userId })
  return order
}

type Paying = { readonly userId: string; readonly id: string; readonly paymentId: string }

/** `before` where this payment had paid it already; undefined where the payment does not hold the order. */
export async function storePaid(
  db: Database<OrdersTables>,
  { userId, id, paymentId }: Paying,
  announce?: Announce,
): Promise<'now' | 'before' | undefined> {
  if (!announce) return setPaid(db, id, paymentId)
  return inTransaction(db, async (trx) => {
    const paid = await setPaid(trx, id, paymentId)
    if (paid === 'now') await announce(trx, 'paid', { ...(await readOrder(trx, userId, id)), userId })
    return paid
  })
}

export function toOrder(row: OrderRow, lines: readonly LineRow[]): Order {
  return {
    id: row.id,
    status: row.status,
    totalCents: row.total_cents,
    items: lines.map(toLine),
    createdAt: row.created_at.toISOString(),
  }
}

function toLine({ product_id, name, quantity, unit_price_cents }: LineRow): OrderLine {
  return { productId: product_id, name, quantity, unitPriceCents: unit_price_cents }
}

function toRow(order_id: string, position: number, { productId, name, quantity, unitPriceCents }: OrderLine): LineRow {
  return { order_id, position, product_id: productId, name, unit_price_cents: unitPriceCents, quantity }
}

/** Why an order that was not free to be paid or cancelled was not. */
export function whyNot(row: OrderRow | undefined): ShopError {
  return new ShopError(row ? REFUSALS[row.status] : 'ORDER_NOT_FOUND')
}

export const REFUSALS: Readonly<Record<OrderStatus, ErrorCode>> = {
  // A payment gave it back between our change and our look.
  placed: 'PAYMENT_IN_PROGRESS',
  paying: 'PAYMENT_IN_PROGRESS',
  paid: 'ALREADY_PAID',
  cancelled: 'ALREADY_CANCELLED',
}
