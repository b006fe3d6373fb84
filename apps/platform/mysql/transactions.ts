import { setTimeout as sleep } from 'node:timers/promises'
import type { Transaction } from 'kysely'
import type { Database } from './database.ts'

const RETRIES = 3
/** No retry starts later than this after the first attempt: lock waits of 2 s each would add up. */
const RETRY_WINDOW_MS = 3_000
const JITTER_MS = 40

/** What InnoDB does to one of two transactions that meet; the whole transaction may run again. 1020 is MariaDB's snapshot isolation. */
const LOST_TO_ANOTHER = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD'])

/**
 * Runs `work` in a transaction, and again where it lost to another one. `work` may use nothing but `trx`:
 * a second connection is not in the transaction, and waits for ever when every connection does that.
 * A COMMIT without an answer throws and is not repeated: nobody knows its outcome, only an idempotency key can tell.
 */
export function inTransaction<Tables, Value>(
  db: Database<Tables>,
  work: (trx: Transaction<Tables>) => Promise<Value>,
): Promise<Value> {
  return withRetries(() => db.transaction().execute(work))
}

/** For a whole transaction, or a single statement that is one: whoever loses has changed nothing, and may run again. */
export async function withRetries<Value>(work: () => Promise<Value>): Promise<Value> {
  const startedAt = performance.now()
  for (let retry = 1; ; retry += 1) {
    try {
      return await work()
    } catch (error) {
      const late = performance.now() - startedAt > RETRY_WINDOW_MS
      if (retry > RETRIES || late || !lostToAnother(error)) throw error
    }
    await sleep(Math.random() * JITTER_MS * retry)
  }
}

/** The error's own code counts, or its cause's, so that it may be named for the caller before it comes here. */
function lostToAnother(error: unknown): boolean {
  return error instanceof Error && (LOST_TO_ANOTHER.has(codeOf(error)) || LOST_TO_ANOTHER.has(codeOf(error.cause)))
}

/** The code of an error of mysql2, such as ER_DUP_ENTRY; empty for any other. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
