import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { Event } from '../platform/events/event.ts'
import type { InboxTables } from '../platform/inbox/queries.ts'
import { insertHandledAgain } from '../platform/inbox/queries.ts'
import { asHolder, databaseLease } from '../platform/leases/lease.ts'
import type { AnyTables, Database } from '../platform/mysql/database.ts'
import { audit } from './audit.ts'
import { type ConsumersTables, deleteHistory, selectHistoryOf } from './queries.ts'

export type Rebuilt = {
  readonly events: number
  /** They were not there. */
  readonly missing: number
  /** They said something else. */
  readonly wrong: number
}

const LASTS_MS = 30_000
const AT_ONCE = 500

/**
 * Makes the audit anew from these events, all at once: its consumer does nothing meanwhile, and goes on after it. What is older than all
 * that is known stays as it is (H4).
 */
export async function rebuildAudit(db: Database<ConsumersTables & InboxTables>, events: readonly Event[]): Promise<Rebuilt> {
  const lease = databaseLease(db as Database<AnyTables>, { name: audit.name, holder: randomUUID(), lastsMs: LASTS_MS })
  const held = await lease.seize()
  try {
    return await asHolder({ db, lease }, held, (trx) => rebuild(trx, events))
  } finally {
    await lease.release()
  }
}

async function rebuild(trx: Transaction<ConsumersTables & InboxTables>, events: readonly Event[]): Promise<Rebuilt> {
  const [rows, inbox]: [Transaction<ConsumersTables>, Transaction<InboxTables>] = [
    trx as Transaction<AnyTables>,
    trx as Transaction<AnyTables>,
  ]
  const before = new Map<string, string>()
  for (const ids of idsOf(events)) {
    for (const row of await selectHistoryOf(rows, ids)) before.set(row.event_id, said(row))
    await deleteHistory(rows, ids)
  }
  for (const event of events) await audit.handle(trx, event)
  let wrong = 0
  for (const ids of idsOf(events)) {
    await insertHandledAgain(inbox, audit.name, ids)
    const now = await selectHistoryOf(rows, ids)
    wrong += now.filter((row) => before.has(row.event_id) && before.get(row.event_id) !== said(row)).length
  }
  return { events: events.length, missing: events.length - before.size, wrong }
}

function said({ number: _, ...row }: ConsumersTables['order_history'] | { readonly number: number }): string {
  return JSON.stringify(row)
}

function* idsOf(events: readonly Event[]): Generator<string[]> {
  for (let at = 0; at < events.length; at += AT_ONCE) yield events.slice(at, at + AT_ONCE).map(({ id }) => id)
}
