/** Puts a stage's databases back to where they started, past the shop: between rounds nothing else uses them. */
import { sql } from 'kysely'
import type { Database } from '../../../platform/mysql/database.ts'
import type { Tables } from '../../../shop/tables.ts'

const WRITTEN: readonly (keyof Tables)[] = [
  'order_lines',
  'orders',
  'order_keys',
  'owed_returns',
  'reservations',
  'payments',
  'sessions',
  'revoked_sessions',
  'recent_views',
]

/** Whether anything was written since the last reset. */
export async function selectIsTouched(db: Database<Tables>): Promise<boolean> {
  const [order, session] = [
    await db.selectFrom('orders').select('id').limit(1).executeTakeFirst(),
    await db.selectFrom('sessions').select('user_id').limit(1).executeTakeFirst(),
  ]
  return order !== undefined || session !== undefined
}

/** What orders hold goes back on the shelves; cancelled ones have given it back already. */
export async function restockSold(db: Database<Tables>) {
  await sql`
    UPDATE products JOIN (
      SELECT product_id, SUM(quantity) AS sold FROM order_lines JOIN orders ON orders.id = order_lines.order_id
      WHERE orders.status <> 'cancelled' GROUP BY product_id
    ) AS held ON held.product_id = products.id
    SET products.stock = products.stock + held.sold`.execute(db)
}

export async function emptyWrittenTables(db: Database<Tables>) {
  for (const table of WRITTEN) await sql`TRUNCATE TABLE ${sql.table(table)}`.execute(db)
}

/** Pieces in stock over all products, to see that the reset has put everything back. */
export async function selectStockTotal(db: Database<Tables>): Promise<number> {
  const row = await db
    .selectFrom('products')
    .select(({ fn }) => fn.sum<string>('stock').as('pieces'))
    .executeTakeFirstOrThrow()
  return Number(row.pieces)
}

/** Milliseconds that transactions have waited for each other's rows, since the server started. */
export async function selectLockWaitMs(db: Database<Tables>): Promise<number> {
  const { rows } = await sql<{ Value: string }>`SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_time'`.execute(db)
  return Number(rows[0]?.Value ?? 0)
}
