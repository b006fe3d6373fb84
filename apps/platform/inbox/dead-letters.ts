import type { EventRedis } from '../events/stream.ts'
import type { Database } from '../mysql/database.ts'
import { type DeadLetter, type InboxTables, type LetterFilter, selectDeadLetters } from './queries.ts'

export const MOST_LETTERS = 1_000

/**
 * Puts what died back into its stream, in the order in which it died. Every group is given it, and those that have done it leave it out.
 * A letter goes from the database when its consumer has done it: whoever is interrupted replays once more, and nothing is lost.
 */
export async function replayDeadLetters(
  { db, redis, stream }: { readonly db: Database<InboxTables>; readonly redis: Pick<EventRedis, 'ask'>; readonly stream: string },
  filter: LetterFilter = {},
): Promise<DeadLetter[]> {
  const letters = (await selectDeadLetters(db, filter, MOST_LETTERS)).filter(isEvent)
  for (const { fields } of letters) await redis.ask('xadd', [stream, '*', ...Object.entries(fieldsOf(fields)).flat()])
  return letters
}

/** What no outbox has written would only die again. */
export function isEvent({ event_id, fields }: DeadLetter): boolean {
  return fieldsOf(fields).id === event_id
}

function fieldsOf(text: string): Record<string, string> {
  return JSON.parse(text)
}
