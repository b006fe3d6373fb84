/**
 * What happened is told by a row that is written in its own transaction: it is there exactly if the thing has happened. A relay sends it.
 */
import type { Transaction } from 'kysely'
import { ulid } from '../process/ids.ts'
import { currentSpan } from '../process/span.ts'
import { insertOutbox, type OutboxTables } from './queries.ts'

export type NewEvent = {
  /** Whose events keep their order. Of two events of one subject the first must be committed before the second is written. */
  readonly subject: string
  readonly body: unknown
}

export async function putInOutbox(trx: Transaction<OutboxTables>, { subject, body }: NewEvent): Promise<void> {
  const span = currentSpan()
  await insertOutbox(trx, { id: ulid(), subject, body: JSON.stringify(body), ...(span && { traceparent: span.traceparent }) })
}
