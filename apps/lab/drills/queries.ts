/** What drills do to databases, past the shop. */
import { sql } from 'kysely'
import type { Connection } from 'mysql2/promise'
import type { OutboxTables } from '../../platform/events/queries.ts'
import type { InboxTables } from '../../platform/inbox/queries.ts'
import type { AnyTables, Database } from '../../platform/mysql/database.ts'

/** Reads go on; whoever applies the primary's log waits with the first change of the table, until the connection ends. */
export async function lockTable(connection: Connection, table: 'orders' | 'products'): Promise<void> {
  await connection.query(`LOCK TABLES ${table} READ`)
}

/** A write that harms nothing. Throws where the server refuses it, or does not acknowledge it in time. */
export async function touchProduct(connection: Connection, timeoutMs: number): Promise<void> {
  const sql = 'UPDATE products SET popularity = popularity + 1 ORDER BY id DESC LIMIT 1'
  await connection.query({ sql, timeout: timeoutMs })
}

/** The ids of the last events. */
export async function selectLatestEvents(db: Database<AnyTables>, most: number): Promise<string[]> {
  const outbox: Database<OutboxTables> = db
  const rows = await outbox.selectFrom('outbox').select('id').orderBy('number', 'desc').limit(most).execute()
  return rows.map(({ id }) => id)
}

/** How often a consumer has done one of them. */
export async function countHandled(db: Database<AnyTables>, events: readonly string[]): Promise<number> {
  if (events.length === 0) return 0
  const inbox: Database<InboxTables> = db
  const count = inbox
    .selectFrom('inbox')
    .where('event_id', 'in', events)
    .select(({ fn }) => fn.countAll<number>().as('count'))
  return Number((await count.executeTakeFirstOrThrow()).count)
}

/** The last that were sent, as if nobody had noted it. */
export async function markUnsent(db: Database<AnyTables>, most: number): Promise<void> {
  const outbox: Database<OutboxTables> = db
  const last = await outbox
    .selectFrom('outbox')
    .where('sent_ms', 'is not', null)
    .select('number')
    .orderBy('number', 'desc')
    .limit(most)
    .execute()
  if (last.length === 0) return
  const numbers = last.map(({ number }) => number)
  await outbox.updateTable('outbox').set({ sent_ms: null }).where('number', 'in', numbers).execute()
}

/** What orders have taken stays taken, though it is given back: the statement that would note that fails, and its transaction with it. */
export async function refuseReturns(db: Database<AnyTables>): Promise<void> {
  await takeReturns(db)
  await sql`CREATE TRIGGER refuse_returns BEFORE UPDATE ON reservations FOR EACH ROW
    IF NEW.state = 'returned' AND OLD.state <> 'returned' THEN
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a drill refuses it';
    END IF`.execute(db)
}

export async function takeReturns(db: Database<AnyTables>): Promise<void> {
  await sql`DROP TRIGGER IF EXISTS refuse_returns`.execute(db)
}
