import { type ColumnType, type Generated, sql, type Transaction } from 'kysely'
import type { LeaseTables } from '../leases/queries.ts'
import { compiled } from '../mysql/compiled.ts'
import type { Database } from '../mysql/database.ts'
import { withRetries } from '../mysql/transactions.ts'

export type OutboxTables = LeaseTables & {
  outbox: {
    number: Generated<number>
    id: string
    subject: string
    body: string
    written_at: Date
    traceparent: ColumnType<string | null, string | undefined, never>
    sent_ms: ColumnType<number | null, number | null | undefined, number | null>
  }
  outbox_streams: { stream: string; last_entry: string; settled_ms: number }
}

const NOW = sql<Date>`UTC_TIMESTAMP(3)`

type Told = { readonly id: string; readonly subject: string; readonly body: string }
export type NewOutboxRow = Told & { readonly traceparent?: string }
export type OutboxRow = Told & { readonly number: number; readonly written_at: Date; readonly traceparent?: string | null }

const insertRow = compiled((db: Database<OutboxTables>, row: NewOutboxRow) =>
  db.insertInto('outbox').values({ ...row, written_at: NOW }),
)

export async function insertOutbox(trx: Transaction<OutboxTables>, row: NewOutboxRow): Promise<void> {
  await insertRow(trx, row)
}

export async function selectUnsent(db: Database<OutboxTables>, most: number, withTraces: boolean): Promise<OutboxRow[]> {
  const unsent = db.selectFrom('outbox').where('sent_ms', 'is', null).orderBy('number').limit(most)
  const rows = unsent.select(['number', 'id', 'subject', 'body', 'written_at'])
  return withTraces ? rows.select('traceparent').execute() : rows.execute()
}

/** How many wait, and for how long the oldest of them has. Reads at most so many rows. */
export async function selectWaiting(db: Database<OutboxTables>, most: number) {
  const oldest = db.selectFrom('outbox').where('sent_ms', 'is', null).orderBy('number').limit(most).select('written_at')
  const row = await db
    .selectFrom(oldest.as('oldest'))
    .select((q) => [
      q.fn.countAll<number>().as('count'),
      sql<number | null>`TIMESTAMPDIFF(MICROSECOND, MIN(written_at), ${NOW})`.as('us'),
    ])
    .executeTakeFirstOrThrow()
  return { count: row.count, oldestMs: Number(row.us ?? 0) / 1_000 }
}

export async function setSent(trx: Transaction<OutboxTables>, numbers: readonly number[], sent_ms: number): Promise<void> {
  await trx.updateTable('outbox').set({ sent_ms }).where('number', 'in', numbers).execute()
}

/**
 * By their numbers, which are looked for first: to change what a span of the other index finds would lock its gaps, and in one of them
 * are the new rows.
 */
export async function setUnsentSince(trx: Transaction<OutboxTables>, sinceMs: number): Promise<number> {
  const rows = await trx.selectFrom('outbox').select('number').where('sent_ms', '>=', sinceMs).execute()
  for (const part of inParts(rows.map(({ number }) => number)))
    await trx.updateTable('outbox').set({ sent_ms: null }).where('number', 'in', part).execute()
  return rows.length
}

/** Answers how many went; at most so many at once. */
export async function deleteSentBefore(db: Database<OutboxTables>, beforeMs: number, most: number): Promise<number> {
  const old = await db.selectFrom('outbox').select('number').where('sent_ms', '<', beforeMs).limit(most).execute()
  const numbers = old.map(({ number }) => number)
  if (numbers.length > 0) await withRetries(() => db.deleteFrom('outbox').where('number', 'in', numbers).execute())
  return numbers.length
}

export async function selectStream(db: Database<OutboxTables>, stream: string) {
  return db.selectFrom('outbox_streams').selectAll().where('stream', '=', stream).executeTakeFirst()
}

export async function insertStream(db: Database<OutboxTables>, stream: string): Promise<void> {
  await db.insertInto('outbox_streams').ignore().values({ stream, last_entry: '0-0', settled_ms: 0 }).execute()
}

export async function setLastEntry(trx: Transaction<OutboxTables>, stream: string, last_entry: string): Promise<void> {
  await trx.updateTable('outbox_streams').set({ last_entry }).where('stream', '=', stream).execute()
}

/** It never goes back: a Redis that has lost its groups does not know what they were done with. */
export async function setSettled(db: Database<OutboxTables>, stream: string, settledMs: number): Promise<void> {
  const later = db.updateTable('outbox_streams').where('stream', '=', stream).where('settled_ms', '<', settledMs)
  await later.set({ settled_ms: settledMs }).execute()
}

/** Of what was sent, in the order in which it was written. */
export async function selectSent(db: Database<OutboxTables>, after: number, most: number): Promise<OutboxRow[]> {
  const later = db.selectFrom('outbox').where('number', '>', after).where('sent_ms', 'is not', null).orderBy('number').limit(most)
  return later.select(['number', 'id', 'subject', 'body', 'written_at']).execute()
}

function* inParts<Value>(values: readonly Value[], size = 1_000): Generator<Value[]> {
  for (let at = 0; at < values.length; at += size) yield values.slice(at, at + size)
}
