/** What the shop has stored, read past the shop: the check must not trust the code that it checks. */
import { sql } from 'kysely'
import type { ConsumersTables } from '../../consumers/queries.ts'
import type { Database } from '../../platform/mysql/database.ts'
import type { Tables } from '../../shop/tables.ts'

export type OrderPieces = { readonly orderId: string; readonly productId: string; readonly quantity: number }

export async function selectProducts(db: Database<Tables>) {
  return db.selectFrom('products').select(['id', 'stock', 'price_cents']).execute()
}

/** Pieces of each product in orders that hold on to them. */
export async function selectSold(db: Database<Tables>) {
  return db
    .selectFrom('order_lines')
    .innerJoin('orders', 'orders.id', 'order_lines.order_id')
    .where('orders.status', '!=', 'cancelled')
    .groupBy('order_lines.product_id')
    .select(({ fn }) => ['order_lines.product_id', fn.sum<string>('order_lines.quantity').as('sold')])
    .execute()
}

export async function selectOrders(db: Database<Tables>) {
  return db.selectFrom('orders').select(['id', 'user_id', 'status', 'total_cents']).execute()
}

/** What each order's lines are, and what they add up to. */
export async function selectOrderedLines(db: Database<Tables>) {
  return db
    .selectFrom('order_lines')
    .groupBy('order_id')
    .select(({ eb, fn }) => [
      'order_id',
      fn.sum<string>(eb('quantity', '*', eb.ref('unit_price_cents'))).as('lines_cents'),
      sql<string>`GROUP_CONCAT(CONCAT(product_id, ' x', quantity) ORDER BY product_id SEPARATOR ', ')`.as('lines'),
    ])
    .execute()
}

/** A key whose order is on its way is one that nobody can have been answered with. */
export async function selectOrderKeys(db: Database<Tables>) {
  const query = db.selectFrom('order_keys').where('pending_until', 'is', null)
  return query.select(['user_id', 'idempotency_key', 'order_id']).execute()
}

export async function selectPendingOrders(db: Database<Tables>): Promise<string[]> {
  const rows = await db.selectFrom('order_keys').where('pending_until', 'is not', null).select('order_id').execute()
  return rows.map(({ order_id }) => order_id)
}

/** Pieces of cancelled orders that are on their way back. */
export async function selectOwedPieces(db: Database<Tables>): Promise<OrderPieces[]> {
  const rows = await db
    .selectFrom('owed_returns')
    .innerJoin('order_lines', 'order_lines.order_id', 'owed_returns.order_id')
    .select(['order_lines.order_id', 'order_lines.product_id', 'order_lines.quantity'])
    .execute()
  return rows.map(({ order_id, product_id, quantity }) => ({ orderId: order_id, productId: product_id, quantity }))
}

/** Pieces of which nobody has said yet that their orders are placed. */
export async function selectHeldPieces(db: Database<Tables>): Promise<OrderPieces[]> {
  const rows = await db.selectFrom('reservations').where('state', '=', 'held').select(['order_id', 'lines']).execute()
  return rows.flatMap(({ order_id, lines }) =>
    (JSON.parse(lines) as Omit<OrderPieces, 'orderId'>[]).map(({ productId, quantity }) => ({
      orderId: order_id,
      productId,
      quantity,
    })),
  )
}

export async function selectPayments(db: Database<Tables>) {
  return db.selectFrom('payments').select(['id', 'order_id', 'status', 'amount_cents']).execute()
}

export async function selectCartItems(db: Database<Tables>) {
  return db.selectFrom('cart_items').select(['user_id', 'product_id', 'quantity']).execute()
}

/** The oldest first. */
export async function selectHeard(db: Database<ConsumersTables>) {
  return db.selectFrom('order_history').select(['order_id', 'type']).orderBy('number').execute()
}

export async function selectCountedSales(db: Database<ConsumersTables>) {
  return db.selectFrom('product_sales').select(['product_id', 'pieces']).execute()
}
