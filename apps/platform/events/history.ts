import type { Database } from '../mysql/database.ts'
import { type Event, entriesOf, eventIn, fieldsIn, fieldsOf, type RawEntry } from './event.ts'
import { type OutboxTables, selectSent } from './queries.ts'
import type { EventRedis } from './stream.ts'

export type History = { readonly events: readonly Event[]; readonly fromStream: number; readonly fromOutbox: number }

type Places = { readonly redis: Pick<EventRedis, 'ask'>; readonly stream: string; readonly outbox: Database<OutboxTables> }

const AT_ONCE = 500

/** Every event that is still known, once, each subject's in their order: from the beginning of the stream, and before that what it has trimmed. */
export async function eventHistory(places: Places): Promise<History> {
  const streamed = new Map<string, Event>()
  for await (const event of eventsOfStream(places)) if (!streamed.has(event.id)) streamed.set(event.id, event)
  const trimmed: Event[] = []
  for await (const event of eventsOfOutbox(places)) if (!streamed.has(event.id)) trimmed.push(event)
  return { events: [...trimmed, ...streamed.values()], fromStream: streamed.size, fromOutbox: trimmed.length }
}

async function* eventsOfStream({ redis, stream }: Places): AsyncGenerator<Event> {
  for (let after = '0-0'; ; ) {
    const raw = await redis.ask<readonly RawEntry[]>('xrange', [stream, `(${after}`, '+', 'count', AT_ONCE])
    for (const entry of entriesOf(raw)) {
      const event = eventIn(entry)
      if (event) yield event
    }
    const last = raw.at(-1)
    if (!last) return
    after = last[0]
  }
}

async function* eventsOfOutbox({ outbox }: Places): AsyncGenerator<Event> {
  for (let after = 0; ; ) {
    const rows = await selectSent(outbox, after, AT_ONCE)
    for (const row of rows) {
      const event = eventIn({ entry: '', fields: fieldsIn(fieldsOf(row)) })
      if (event) yield event
    }
    const last = rows.at(-1)
    if (!last) return
    after = last.number
  }
}
