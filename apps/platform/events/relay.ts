/**
 * Sends what is in the outbox to its stream, at least once and in its order. One relay at a time does it, by a lease in the outbox's own
 * database: whoever was stopped and goes on too late is refused by the stream and by the database.
 */

import { asHolder, type Held, type Lease } from '../leases/lease.ts'
import type { Database } from '../mysql/database.ts'
import { logLine } from '../process/log.ts'
import { type Repeated, repeated } from '../process/repeated.ts'
import { inSpan, isTold } from '../process/span.ts'
import { timeOf } from './entry-id.ts'
import { fieldsOf } from './event.ts'
import { beginSending } from './event-spans.ts'
import {
  deleteSentBefore,
  insertStream,
  type OutboxRow,
  type OutboxTables,
  selectStream,
  selectUnsent,
  setLastEntry,
  setSent,
  setSettled,
  setUnsentSince,
} from './queries.ts'
import type { EventStream, Published, Publishing } from './stream.ts'

export type RelayParts = {
  readonly db: Database<OutboxTables>
  readonly stream: EventStream
  readonly lease: Lease
  readonly limits?: RelayLimits
  /** False for the experiment that believes whatever its Redis says: what that has lost nobody hears of. */
  readonly resends?: boolean
}

export type RelayLimits = {
  /** Of entries that all groups are done with. */
  readonly mostAgeMs: number
  readonly mostEntries: number
  /** How long the outbox keeps what was sent. */
  readonly keptMs: number
}

const LIMITS: RelayLimits = { mostAgeMs: 3_600_000, mostEntries: 100_000, keptMs: 24 * 3_600_000 }

/** From a commit to its consumers it takes half of this, and what a look at each of them takes. */
const LOOK_EVERY_MS = 100
/** A Redis that has lost entries is noticed by then, where nothing is sent. */
const CHECK_EVERY_MS = 1_000
const TEND_EVERY_MS = 5_000
const MOST_AT_ONCE = 200
const MOST_DELETED_AT_ONCE = 1_000

export function relay(parts: RelayParts): Repeated {
  const turn = relayTurn(parts)
  const looking = repeated(`sending ${parts.stream.name} from the outbox`, LOOK_EVERY_MS, turn)
  return {
    start: looking.start,
    async stop() {
      await looking.stop()
      await parts.lease.release().catch(() => undefined) // It ends by itself.
    },
  }
}

/** Sends all that waits, and tends outbox and stream now and then. */
export function relayTurn(parts: RelayParts): (stopped?: () => boolean) => Promise<void> {
  const { db, lease, limits = LIMITS } = parts
  let [checkAt, tendAt] = [0, 0]
  return async (stopped = () => false) => {
    const held = await lease.held()
    if (!held) return
    for (let sent = MOST_AT_ONCE; sent === MOST_AT_ONCE && !stopped(); ) {
      const rows = await selectUnsent(db, MOST_AT_ONCE, isTold())
      const now = performance.now()
      if (rows.length === 0 && now < checkAt) break
      checkAt = now + CHECK_EVERY_MS
      sent = await send(parts, held, rows)
    }
    if (performance.now() < tendAt) return
    tendAt = performance.now() + TEND_EVERY_MS
    await tend(parts, limits)
  }
}

async function send(parts: RelayParts, held: Held, rows: readonly OutboxRow[]): Promise<number> {
  const { stream } = parts
  const after = await lastEntry(parts)
  const { outcome, last } = await publish(stream, { token: held.token, after }, rows)
  if (outcome === 'fenced') throw new Error(`another relay has sent ${stream.name} since`)
  if (outcome === 'lacks') {
    await sendAgain(parts, held, { seen: last, after })
    return MOST_AT_ONCE
  }
  if (rows.length === 0) return 0
  const numbers = rows.map(({ number }) => number)
  await asHolder(parts, held, async (trx) => {
    await setSent(trx, numbers, timeOf(last))
    await setLastEntry(trx, stream.name, last)
  })
  return rows.length
}

/** One call for all of them: of their traces the first has it. */
async function publish(stream: EventStream, how: Omit<Publishing, 'events'>, rows: readonly OutboxRow[]): Promise<Published> {
  const spans = rows.map((row) => beginSending(stream.name, row))
  const events = rows.map((row, at) => fieldsOf(row, spans[at]?.traceparent))
  try {
    const published = await inSpan(spans[0], () => stream.publish({ ...how, events }))
    for (const span of spans) span?.end(published.outcome === 'sent' ? undefined : published.outcome)
    return published
  } catch (error) {
    for (const span of spans) span?.end(error)
    throw error
  }
}

async function lastEntry({ db, stream }: RelayParts): Promise<string> {
  const known = await selectStream(db, stream.name)
  if (known) return known.last_entry
  await insertStream(db, stream.name)
  return '0-0'
}

type Gap = { readonly seen: string; readonly after: string }

/** First the rows are to be sent again, then the stream may go on: whoever ends between the two finds the gap once more. */
async function sendAgain(parts: RelayParts, held: Held, { seen, after }: Gap): Promise<void> {
  const { stream, resends = true } = parts
  if (!resends) return void (await stream.resume({ token: held.token, seen, after }))
  const count = await asHolder(parts, held, async (trx) => {
    const settledMs = (await selectStream(trx, stream.name))?.settled_ms ?? 0
    return setUnsentSince(trx, Math.max(timeOf(seen), settledMs))
  })
  logLine(40, `${stream.name} ends at ${seen} and not at ${after}: its Redis has lost entries; ${count} events are sent again`)
  await stream.resume({ token: held.token, seen, after })
}

async function tend({ db, stream }: RelayParts, limits: RelayLimits): Promise<void> {
  const settled = await stream.trim(limits)
  await setSettled(db, stream.name, timeOf(settled))
  const before = Date.now() - limits.keptMs
  while ((await deleteSentBefore(db, before, MOST_DELETED_AT_ONCE)) === MOST_DELETED_AT_ONCE);
}
