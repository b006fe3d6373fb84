/** What drills of moves do to buckets on their servers, past the shop. */
import type { Connection } from 'mysql2/promise'
import { type BucketRow, bucketSchema } from '../../../platform/stores/queries.ts'

const DIGITS = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(' UNION ALL ')
/** From 0 to 9,999. */
const NUMBERS = `SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM (${DIGITS}) a, (${DIGITS}) b, (${DIGITS}) c, (${DIGITS}) e`
const LINES = 'SELECT 0 AS line UNION ALL SELECT 1 UNION ALL SELECT 2'
export const ROWS_AN_ORDER = 4
/** Before all that anybody has ordered: the time in an id is 0. */
const FILLING = 'ord\\_0000000000%'

/** Old orders of one customer, with three lines each; those that are there already stay. */
export async function insertFilling(
  connection: Connection,
  bucket: string,
  { userId, orders }: { userId: string; orders: number },
) {
  const id = `CONCAT('ord_', LPAD(n, 26, '0'), '${bucket}')`
  const schema = bucketSchema(bucket)
  await connection.query(
    `INSERT IGNORE INTO ${schema}.orders (id, user_id, status, total_cents, payment_id, created_at)
     SELECT ${id}, ?, 'placed', 300, NULL, '2026-01-02' FROM (${NUMBERS}) numbers WHERE n < ?`,
    [userId, orders],
  )
  await connection.query(
    `INSERT IGNORE INTO ${schema}.order_lines (order_id, position, product_id, name, unit_price_cents, quantity)
     SELECT ${id}, line, 'prd_00001', 'Filling', 100, 1 FROM (${NUMBERS}) numbers, (${LINES}) ordered WHERE n < ?`,
    [orders],
  )
}

export async function deleteFilling(connection: Connection, bucket: string): Promise<void> {
  const schema = bucketSchema(bucket)
  await connection.query(`DELETE FROM ${schema}.order_lines WHERE order_id LIKE '${FILLING}'`)
  await connection.query(`DELETE FROM ${schema}.orders WHERE id LIKE '${FILLING}'`)
}

/** What the server says of all buckets now. */
export async function selectStandings(connection: Connection): Promise<BucketRow[]> {
  const [rows] = await connection.query('SELECT bucket, state, epoch, server FROM buckets')
  return rows as BucketRow[]
}

/** Pieces in the carts of these customers, by customer and product. */
export async function selectPieces(
  connection: Connection,
  bucket: string,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  const [rows] = await connection.query(
    `SELECT user_id, product_id, quantity FROM ${bucketSchema(bucket)}.cart_items WHERE user_id IN (?)`,
    [userIds],
  )
  const found = rows as { user_id: string; product_id: string; quantity: number }[]
  return new Map(found.map(({ user_id, product_id, quantity }) => [`${user_id} ${product_id}`, quantity]))
}

export async function isSchemaThere(connection: Connection, bucket: string): Promise<boolean> {
  const [rows] = await connection.query('SHOW DATABASES LIKE ?', [bucketSchema(bucket).replace('_', '\\_')])
  return (rows as unknown[]).length > 0
}

export const ROGUE = 'usr_rogue'

export async function insertRogue(connection: Connection, bucket: string): Promise<void> {
  await connection.query(`INSERT INTO ${bucketSchema(bucket)}.cart_items VALUES ('${ROGUE}', 'prd_00001', 1, '2026-01-02')`)
}

export async function deleteRogue(connection: Connection, bucket: string): Promise<void> {
  await connection.query(`DELETE FROM ${bucketSchema(bucket)}.cart_items WHERE user_id = '${ROGUE}'`)
}
