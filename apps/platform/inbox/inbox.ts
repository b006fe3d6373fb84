import type { Transaction } from 'kysely'
import { type Entry, type Event, eventIn } from '../events/event.ts'
import { beginHandling } from '../events/event-spans.ts'
import { countDuplicates, observeEvents } from '../events/observed.ts'
import type { EventRedis } from '../events/stream.ts'
import { asHolder, type Held, type Lease, LeaseLost } from '../leases/lease.ts'
import type { Database } from '../mysql/database.ts'
import { logLine } from '../process/log.ts'
import { ServerDown } from '../process/server-down.ts'
import { inSpan, type Span } from '../process/span.ts'
import { KEYS } from '../redis/keys.ts'
import { type Handler, UnknownEvent } from './handler.ts'
import { deleteDeadLetter, type InboxTables, insertDeadLetter, insertHandled, selectDeadOf, selectHandled } from './queries.ts'

/** An entry that is not done; `failure` is why it cannot be. */
export type Waiting = { readonly entry: Entry; failures: number; dueAt: number; failure?: string }
type Outcome = {
  /** To be acknowledged. */
  readonly done: string[]
  readonly left: Waiting[]
}
export type Inbox = { handle(held: Held, waiting: readonly Waiting[]): Promise<Outcome> }

type Parts = {
  readonly db: Database<InboxTables>
  readonly redis: EventRedis
  readonly stream: string
  readonly lease: Lease
  readonly handler: Handler
}

/** After these an event is a dead letter. */
const MOST_ATTEMPTS = 5
const FIRST_PAUSE_MS = 100
const MOST_DEAD_LETTERS = 10_000

/** Answers what is done, and what is left to be tried again. Throws where nothing can be done now: a server is away, or the lease. */
export function inbox(parts: Parts): Inbox {
  return {
    async handle(held, waiting) {
      const { due, left } = split(waiting)
      if (due.length === 0) return { done: [], left }
      if (await handledTogether(parts, held, due)) return { done: due.map(({ entry }) => entry.entry), left }
      return handleEach(parts, held, waiting)
    },
  }
}

/** Nothing overtakes what came before it of the same subject. */
function split(waiting: readonly Waiting[]): { due: Waiting[]; left: Waiting[] } {
  const now = performance.now()
  const held = new Set<string>()
  const due: Waiting[] = []
  const left: Waiting[] = []
  for (const one of waiting) {
    const subject = subjectOf(one.entry)
    if (one.dueAt > now || held.has(subject)) {
      held.add(subject)
      left.push(one)
    } else due.push(one)
  }
  return { due, left }
}

/** In one transaction, as each waits for a disk. False where one of them is in the way of the others. */
async function handledTogether(parts: Parts, held: Held, due: readonly Waiting[]): Promise<boolean> {
  if (due.some(({ entry, failure, failures }) => failure !== undefined || failures > 0 || !eventIn(entry))) return false
  try {
    await inOneTransaction(parts, held, due)
    return true
  } catch (error) {
    if (!isOfEvent(error)) throw error
    return due.length === 1 ? noteFailure(due[0], error) : false
  }
}

async function handleEach(parts: Parts, held: Held, waiting: readonly Waiting[]): Promise<Outcome> {
  const done: string[] = []
  const blocked = new Set<string>()
  const left: Waiting[] = []
  for (const one of waiting) {
    const subject = subjectOf(one.entry)
    const isDone = !blocked.has(subject) && one.dueAt <= performance.now() && (await handleAlone(parts, held, one))
    if (isDone) done.push(one.entry.entry)
    else {
      blocked.add(subject)
      left.push(one)
    }
  }
  return { done, left }
}

/** Done, or dead. */
async function handleAlone(parts: Parts, held: Held, one: Waiting): Promise<boolean> {
  if (one.failure === undefined) {
    try {
      await inOneTransaction(parts, held, [one])
      return true
    } catch (error) {
      if (!isOfEvent(error)) throw error
      noteFailure(one, error)
    }
  }
  if (one.failure === undefined) return false
  await bury(parts, held, one, one.failure)
  return true
}

/** Another attempt may do better, unless nobody will ever understand it. */
function noteFailure(one: Waiting | undefined, error: unknown): false {
  if (!one) return false
  const reason = error instanceof Error ? error.message : String(error)
  one.failures += 1
  one.dueAt = performance.now() + FIRST_PAUSE_MS * 2 ** (one.failures - 1)
  if (error instanceof UnknownEvent || one.failures >= MOST_ATTEMPTS) one.failure = reason
  return false
}

/** The event's own fault, for all that we know. */
function isOfEvent(error: unknown): boolean {
  return !(error instanceof ServerDown || error instanceof LeaseLost)
}

async function inOneTransaction(parts: Parts, held: Held, due: readonly Waiting[]): Promise<void> {
  const { handler } = parts
  const events = due.map(({ entry }) => eventIn(entry) ?? unknown())
  const spans = new Map(events.map((event) => [event.id, beginHandling(handler.name, parts.stream, event)]))
  const handled = await ending(spans.values(), () => asHolder(parts, held, (trx) => handleNew(trx, { handler, spans }, events)))
  countDuplicates(handler.name, events.length - handled.length)
  observeEvents(handler.name, handled)
  if (handled.length > 0) await handler.after?.(handled).catch((error) => logLine(40, `${handler.name}: ${error.message}`))
}

type Handling = { readonly handler: Handler; readonly spans: ReadonlyMap<string, Span | undefined> }

async function handleNew(
  trx: Transaction<InboxTables>,
  { handler, spans }: Handling,
  events: readonly Event[],
): Promise<Event[]> {
  const ids = events.map(({ id }) => id)
  const known = await selectHandled(trx, handler.name, ids)
  const subjects = events.map(({ subject }) => subject)
  const dead = Map.groupBy(await selectDeadOf(trx, handler.name, subjects), ({ subject }) => subject)
  const handled: Event[] = []
  for (const event of events) {
    if (known.has(event.id)) continue
    known.add(event.id)
    const letters = dead.get(event.subject) ?? []
    if (letters.length > 0 && letters[0]?.event_id !== event.id) {
      await insertDeadLetter(trx, letterOf(handler, event, 'an event of the same subject before it is a dead letter'))
      letters.push({ event_id: event.id, subject: event.subject })
      continue
    }
    await inSpan(spans.get(event.id), () => handler.handle(trx, event))
    if (letters.shift()) await deleteDeadLetter(trx, handler.name, event.id)
    handled.push(event)
  }
  const done = handled.map(({ id }) => id)
  await insertHandled(trx, handler.name, done)
  return handled
}

/** They last until the commit. */
async function ending<Value>(spans: Iterable<Span | undefined>, work: () => Promise<Value>): Promise<Value> {
  let failure: unknown
  try {
    return await work()
  } catch (error) {
    failure = error
    throw error
  } finally {
    for (const span of spans) span?.end(failure)
  }
}

function unknown(): never {
  throw new UnknownEvent('it is not as an outbox writes it')
}

function letterOf({ name }: Handler, { id, subject, at, body }: Event, reason: string) {
  const fields = JSON.stringify({ id, subject, at: String(at), body: JSON.stringify(body) })
  return { consumer: name, event_id: id, subject, fields, reason }
}

/** The database has it before the entry is acknowledged; the stream tells whoever watches for dead letters. */
async function bury(parts: Parts, held: Held, { entry }: Waiting, reason: string): Promise<void> {
  const { handler, redis } = parts
  const id = entry.fields.id ?? entry.entry
  const fields = JSON.stringify(entry.fields)
  const letter = { consumer: handler.name, event_id: id.slice(0, 64), subject: subjectOf(entry), fields, reason }
  await asHolder(parts, held, (trx) => insertDeadLetter(trx, letter))
  const words = Object.entries(letter).flat()
  await redis.ask('xadd', [KEYS.deadLetters('all'), 'maxlen', '~', MOST_DEAD_LETTERS, '*', ...words])
  logLine(40, `event ${id} is a dead letter of ${handler.name}: ${reason}`)
}

function subjectOf({ fields }: Entry): string {
  return (fields.subject ?? '').slice(0, 40)
}
