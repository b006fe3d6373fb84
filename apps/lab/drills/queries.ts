/** What drills do to databases, past the shop. */
import type { Connection } from 'mysql2/promise'

/** Reads go on; whoever applies the primary's log waits with the first change of the table, until the connection ends. */
export async function lockTable(connection: Connection, table: 'orders' | 'products'): Promise<void> {
  await connection.query(`LOCK TABLES ${table} READ`)
}

/** A write that harms nothing. Throws where the server refuses it, or does not acknowledge it in time. */
export async function touchProduct(connection: Connection, timeoutMs: number): Promise<void> {
  const sql = 'UPDATE products SET popularity = popularity + 1 ORDER BY id DESC LIMIT 1'
  await connection.query({ sql, timeout: timeoutMs })
}
