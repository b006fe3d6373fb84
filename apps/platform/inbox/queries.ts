import { type Generated, sql, type Transaction } from 'kysely'
import type { LeaseTables } from '../leases/queries.ts'
import type { Database } from '../mysql/database.ts'
import { withRetries } from '../mysql/transactions.ts'

export type InboxTables = LeaseTables & {
  inbox: { consumer: string; event_id: string; handled_at: Date }
  dead_letters: {
    number: Generated<number>
    consumer: string
    event_id: string
    subject: string
    fields: string
    reason: string
    died_at: Date
  }
}

type Trx = Transaction<InboxTables>
const NOW = sql<Date>`UTC_TIMESTAMP(3)`

/** Which of these the consumer has done. */
export async function selectHandled(trx: Trx, consumer: string, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await trx
    .selectFrom('inbox')
    .select('event_id')
    .where('consumer', '=', consumer)
    .where('event_id', 'in', ids)
    .execute()
  return new Set(rows.map(({ event_id }) => event_id))
}

/** Throws ER_DUP_ENTRY where one was done: then the transaction must not be. */
export async function insertHandled(trx: Trx, consumer: string, ids: readonly string[]): Promise<void> {
  const rows = ids.map((event_id) => ({ consumer, event_id, handled_at: NOW }))
  if (rows.length > 0) await trx.insertInto('inbox').values(rows).execute()
}

/** They may have been done before. */
export async function insertHandledAgain(trx: Trx, consumer: string, ids: readonly string[]): Promise<void> {
  const rows = ids.map((event_id) => ({ consumer, event_id, handled_at: NOW }))
  if (rows.length > 0) await trx.insertInto('inbox').ignore().values(rows).execute()
}

export async function deleteHandledBefore(db: Database<InboxTables>, keptMs: number, most: number): Promise<number> {
  const query = db
    .deleteFrom('inbox')
    .where('handled_at', '<', sql<Date>`${NOW} - INTERVAL ${sql.lit(keptMs * 1_000)} MICROSECOND`)
    .limit(most)
  return Number((await withRetries(() => query.executeTakeFirst())).numDeletedRows)
}

export type DeadLetter = {
  readonly number: number
  readonly consumer: string
  readonly event_id: string
  readonly subject: string
  readonly fields: string
  readonly reason: string
  readonly died_at: Date
}

/** Of these subjects the letters of a consumer, each subject's in their order. */
export async function selectDeadOf(trx: Trx, consumer: string, subjects: readonly string[]) {
  if (subjects.length === 0) return []
  const own = trx.selectFrom('dead_letters').where('consumer', '=', consumer).where('subject', 'in', subjects)
  return own.select(['event_id', 'subject']).orderBy('number').execute()
}

/** A letter that died before keeps its place. */
export async function insertDeadLetter(trx: Trx, letter: Omit<DeadLetter, 'number' | 'died_at'>): Promise<void> {
  const row = { ...letter, reason: letter.reason.slice(0, 500), died_at: NOW }
  const { reason } = row
  await trx.insertInto('dead_letters').values(row).onDuplicateKeyUpdate({ reason, died_at: NOW }).execute()
}

export async function deleteDeadLetter(trx: Trx, consumer: string, eventId: string): Promise<void> {
  await trx.deleteFrom('dead_letters').where('consumer', '=', consumer).where('event_id', '=', eventId).execute()
}

export type LetterFilter = { readonly consumer?: string; readonly number?: number }

/** The oldest first. */
export async function selectDeadLetters(
  db: Database<InboxTables>,
  { consumer, number }: LetterFilter,
  most: number,
): Promise<DeadLetter[]> {
  let query = db.selectFrom('dead_letters').selectAll().orderBy('number').limit(most)
  if (consumer !== undefined) query = query.where('consumer', '=', consumer)
  if (number !== undefined) query = query.where('number', '=', number)
  return query.execute()
}
