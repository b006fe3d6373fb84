/** Puts a stage's databases back to where they started, past the shop: between rounds nothing else uses them. */
import { sql } from 'kysely'
import type { Database } from '../../../platform/mysql/database.ts'
import type { Tables } from '../../../shop/tables.ts'

export type Held = { readonly product_id: string; readonly pieces: number }

/** What orders hold; cancelled ones have given it back already. */
export async function selectHeld(db: Database<Tables>): Promise<Held[]> {
  const rows = await db
    .selectFrom('order_lines as l')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .where('o.status', '!=', 'cancelled')
    .groupBy('l.product_id')
    .select(({ fn }) => ['l.product_id', fn.sum<string>('l.quantity').as('pieces')])
    .execute()
  return rows.map(({ product_id, pieces }) => ({ product_id, pieces: Number(pieces) }))
}

const PRODUCTS_A_STATEMENT = 500

/** It goes back on the shelves. A product may be held in several places. */
export async function restock(db: Database<Tables>, held: readonly Held[]): Promise<void> {
  const pieces = new Map<string, number>()
  for (const one of held) pieces.set(one.product_id, (pieces.get(one.product_id) ?? 0) + one.pieces)
  for (let at = 0; at < pieces.size; at += PRODUCTS_A_STATEMENT) {
    const some = [...pieces].slice(at, at + PRODUCTS_A_STATEMENT)
    const back = some.map(([id, count]) => sql`WHEN ${id} THEN ${count}`)
    const stock = sql<number>`stock + CASE id ${sql.join(back, sql` `)} END`
    const ids = some.map(([id]) => id)
    await db.updateTable('products').set({ stock }).where('id', 'in', ids).execute()
  }
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
