import type { Database } from '../mysql/database.ts'
import { type Repeated, repeated } from '../process/repeated.ts'
import { observeOutbox } from './observed.ts'
import { type OutboxTables, selectWaiting } from './queries.ts'

const LOOK_EVERY_MS = 2_000
/** A relay that was killed has a successor by then. */
const TOO_LONG_MS = 5_000
const MOST_COUNTED = 1_000

/** Nobody misses a relay that does not run: so whoever writes events sees whether they go. The metrics have it, and the log. */
export function outboxWatch(db: Database<OutboxTables>): Repeated {
  return repeated('the outbox', LOOK_EVERY_MS, async () => {
    const waiting = await selectWaiting(db, MOST_COUNTED)
    observeOutbox(waiting)
    const { count, oldestMs } = waiting
    if (oldestMs > TOO_LONG_MS)
      throw new Error(`${count} events wait in it, one of them for ${Math.round(oldestMs / 1_000)} s: no relay sends them`)
  })
}
