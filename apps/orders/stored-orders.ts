import { type ErrorCode, ShopError } from '../platform/http/errors.ts'
import type { Database } from '../platform/mysql/database.ts'
import type { Order, OrderStatus } from './order.ts'
import { type LineRow, type OrderRow, type OrdersTables, selectOrder } from './queries.ts'

/** Throws ORDER_NOT_FOUND. */
export async function readOrder(db: Database<OrdersTables>, userId: string, id: string): Promise<Order> {
  const found = await selectOrder(db, userId, id)
  if (!found) throw new ShopError('ORDER_NOT_FOUND')
  return toOrder(found.row, found.lines)
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

function toLine({ product_id, name, quantity, unit_price_cents }: LineRow): Order['items'][number] {
  return { productId: product_id, name, quantity, unitPriceCents: unit_price_cents }
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
