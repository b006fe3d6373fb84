/** Puts one database back to the demo data, past the shop. */
import { sql } from 'kysely'
import { isOfMove } from '../../platform/moves/queries.ts'
import type { Database } from '../../platform/mysql/database.ts'
import type { ProductsTables } from '../../products/queries.ts'
import type { Tables } from '../../shop/tables.ts'

/** What is put in before the first order, and who does what: everything else is written by shoppers. */
const KEPT: readonly string[] = ['seeds', 'categories', 'products', 'users', 'leases', 'outbox_streams']
const ROWS_A_STATEMENT = 1_000
const FEW_ROWS = 200

/** Of the shop, read from the database, so that a module's new table is not forgotten. */
export async function selectTables(db: Database<Tables>): Promise<string[]> {
  return (await selectNames(db)).filter((name) => !isOfMove(name))
}

/** Whoever moves this bucket has to hear of each row. */
async function selectIsNoted(db: Database<Tables>): Promise<boolean> {
  return (await selectNames(db)).some(isOfMove)
}

async function selectNames(db: Database<Tables>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'`.execute(db)
  return rows.map(({ name }) => name)
}

/** Everybody else waits from now on until they are unlocked. Throws where transactions hold one for too long. */
export async function lockTables(db: Database<Tables>, tables: readonly string[], withinS: number): Promise<void> {
  await sql`SET SESSION lock_wait_timeout = ${sql.lit(withinS)}`.execute(db)
  const locks = tables.map((table) => sql`${sql.table(table)} WRITE`)
  await sql`LOCK TABLES ${sql.join(locks)}`.execute(db)
}

export async function unlockTables(db: Database<Tables>): Promise<void> {
  await sql`UNLOCK TABLES`.execute(db)
}

/** Of these tables those that shoppers have written to. */
export async function selectWritten(db: Database<Tables>, tables: readonly string[]): Promise<string[]> {
  const asked = tables
    .filter((name) => !KEPT.includes(name))
    .map((name) => sql`SELECT ${name} AS name FROM (SELECT 1 FROM ${sql.table(name)} LIMIT 1) AS first`)
  if (asked.length === 0) return []
  const { rows } = await sql<{ name: string }>`${sql.join(asked, sql` UNION ALL `)}`.execute(db)
  return rows.map(({ name }) => name)
}

/** Those that are empty already are left alone: emptying a table makes work for the database in the background. */
export async function emptyWrittenTables(db: Database<Tables>, tables: readonly string[]): Promise<void> {
  const isNoted = await selectIsNoted(db)
  const deleted: string[] = []
  for (const table of await selectWritten(db, tables)) {
    if (isNoted || (await selectHasFew(db, table))) deleted.push(table)
    else await sql`TRUNCATE TABLE ${sql.table(table)}`.execute(db)
  }
  await deleteRows(db, deleted)
}

/** In one transaction, as each costs a write to disk; not by BEGIN, which would unlock tables that were locked. */
async function deleteRows(db: Database<Tables>, tables: readonly string[]): Promise<void> {
  if (tables.length === 0) return
  await sql`SET autocommit = 0`.execute(db)
  for (const table of tables) await sql`DELETE FROM ${sql.table(table)}`.execute(db)
  await sql`COMMIT`.execute(db)
  await sql`SET autocommit = 1`.execute(db)
}

/** To make a table anew takes the database as long as to delete some hundred rows; buckets are many, with few rows each. */
async function selectHasFew(db: Database<Tables>, table: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM ${sql.table(table)} LIMIT ${sql.lit(FEW_ROWS + 1)}`.execute(db)
  return rows.length <= FEW_ROWS
}

export async function replaceProducts(db: Database<Tables>, rows: readonly ProductsTables['products'][]): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_A_STATEMENT) {
    await db
      .replaceInto('products')
      .values(rows.slice(at, at + ROWS_A_STATEMENT))
      .execute()
  }
}

/** Whoever registered since. Answers how many there were. */
export async function deleteUsersBut(db: Database<Tables>, ids: readonly string[]): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom('users').where('id', 'not in', ids).executeTakeFirst()
  return Number(numDeletedRows)
}
