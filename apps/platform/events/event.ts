/** An event on its way from an outbox to its consumers, as an entry of a stream. What its body says is for its module to know. */
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import type { OutboxRow } from './queries.ts'

const Fields = Type.Object(
  {
    id: Type.String({ pattern: '^[0-9a-hjkmnp-tv-z]{26}$' }),
    subject: Type.String({ minLength: 1, maxLength: 40 }),
    /** When it was written, in milliseconds. */
    at: Type.String({ pattern: '^[0-9]{1,15}$' }),
    body: Type.String(),
    /** Of the span that sent it. What is none says nothing. */
    traceparent: Type.Optional(Type.String({ maxLength: 100 })),
  },
  { additionalProperties: false },
)

/** In the stream: `entry` is its id there, and another one each time that it is sent. */
export type Entry = { readonly entry: string; readonly fields: Readonly<Record<string, string>> }
export type Event = {
  readonly id: string
  readonly subject: string
  readonly at: number
  readonly body: unknown
  readonly traceparent?: string
}

/** `traceparent` is that of whoever sends it. */
export function fieldsOf({ id, subject, body, written_at }: OutboxRow, traceparent?: string): string[] {
  const at = String(written_at.getTime())
  const fields: Static<typeof Fields> = { id, subject, at, body, ...(traceparent !== undefined && { traceparent }) }
  return Object.entries(fields).flat()
}

/** Undefined for what no outbox has written. */
export function eventIn({ fields }: Entry): Event | undefined {
  if (!Value.Check(Fields, fields)) return undefined
  const { id, subject, at, body, traceparent } = fields
  const parsed = parseJson(body)
  if (parsed === undefined) return undefined
  return { id, subject, at: Number(at), body: parsed, ...(traceparent !== undefined && { traceparent }) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** As Redis answers it. Of an entry that was deleted there are no words. */
export type RawEntry = readonly [entry: string, words: readonly string[] | null]

export function entriesOf(raw: readonly RawEntry[]): Entry[] {
  return raw.flatMap(([entry, words]) => (words ? [{ entry, fields: fieldsIn(words) }] : []))
}

export function fieldsIn(words: readonly string[]): Record<string, string> {
  const pairs = Array.from({ length: words.length / 2 }, (_, at) => [words[2 * at] ?? '', words[2 * at + 1] ?? ''] as const)
  return Object.fromEntries(pairs)
}
