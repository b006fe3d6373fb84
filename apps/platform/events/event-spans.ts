/** What becomes of an event, as parts of the trace in which it was written. */
import { beginSpan, type Span, traceparentIn } from '../process/span.ts'
import type { Event } from './event.ts'
import type { OutboxRow } from './queries.ts'

/** From the outbox into its stream. */
export function beginSending(stream: string, { traceparent, subject, written_at }: OutboxRow): Span | undefined {
  const waitedMs = Date.now() - written_at.getTime()
  return goOn(traceparent, `send ${stream}`, 'producer', { ...placeOf(stream, subject), 'outgrow.waited_ms': waitedMs })
}

/** By one of its consumers: its effect, and that it was done. */
export function beginHandling(consumer: string, stream: string, { traceparent, subject, at }: Event): Span | undefined {
  const waitedMs = Date.now() - at
  return goOn(traceparent, `handle ${consumer}`, 'consumer', { ...placeOf(stream, subject), 'outgrow.waited_ms': waitedMs })
}

function placeOf(stream: string, subject: string) {
  return { 'messaging.system': 'redis', 'messaging.destination.name': stream, 'outgrow.subject': subject }
}

/** What was written before there were traces begins none. */
function goOn(
  from: string | null | undefined,
  name: string,
  kind: 'producer' | 'consumer',
  attributes: Readonly<Record<string, string | number>>,
): Span | undefined {
  const parent = traceparentIn(from)
  return parent === undefined ? undefined : beginSpan(() => ({ name, kind, parent, attributes }))
}
