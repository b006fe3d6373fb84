/** What the shop has stored, read past the shop: the check must not trust the code that it checks. */
import { sql } from 'kysely'
import type { Database } from '../../platform/mysql/database.ts'
import type { Tables } from '../../shop/tables.ts'

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

export async function selectOrderKeys(db: Database<Tables>) {
  return db.selectFrom('order_keys').select(['user_id', 'idempotency_key', 'order_id']).execute()
}

export async function selectPayments(db: Database<Tables>) {
  return db.selectFrom('payments').select(['id', 'order_id', 'status', 'amount_cents']).execute()
}

export async function selectCartItems(db: Database<Tables>) {
  return db.selectFrom('cart_items').select(['user_id', 'product_id', 'quantity']).execute()
}
