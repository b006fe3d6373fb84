/**
 * What takes part in a request can tell of it here, as spans of one trace. This is all that the shop knows of tracing: it names no library,
 * and nobody listens unless the setting `tracing` is on. Then each call here is a look at one variable.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

export type Attributes = Readonly<Record<string, string | number | boolean>>

export type Span = {
  readonly traceId: string
  /** By this another process goes on with the trace (W3C Trace Context). */
  readonly traceparent: string
  set(attributes: Attributes): void
  /** `error` is why what it tells of failed. */
  end(error?: unknown): void
  /** So long ago that whatever goes on now is no part of it any more. */
  isPast(): boolean
}

export type Beginning = {
  /** One of few: what differs from one request to the next is an attribute. */
  readonly name: string
  /** A server answers a client; a consumer takes up, later, what a producer has put down. */
  readonly kind: 'server' | 'client' | 'producer' | 'consumer'
  /** The `traceparent` of which span it is a part; without one it begins a trace. */
  readonly parent?: string | undefined
  /** By performance.now(), where it began before now. */
  readonly startedAt?: number
  readonly attributes?: Attributes
}

export type Tracer = (beginning: Beginning) => Span

let tracer: Tracer | undefined
const spans = new AsyncLocalStorage<Span>()

/** From now on `listener` is told; undefined for nobody. */
export function tellSpansTo(listener: Tracer | undefined): void {
  tracer = listener
}

/** What is written down for others to go on with is left out where nobody is told. */
export function isTold(): boolean {
  return tracer !== undefined
}

export function beginSpan(describe: () => Beginning): Span | undefined {
  return tracer?.(describe())
}

/** Of which request, event or job all that happens now is a part; undefined where of none, or nobody is told. */
export function currentSpan(): Span | undefined {
  if (tracer === undefined) return undefined
  const span = spans.getStore()
  // A timer that was set in a request is no part of it for ever.
  return span?.isPast() ? undefined : span
}

/** A part of the current span. What is done for nobody in particular tells nothing. */
export function beginPart(describe: () => Beginning, whole: Span | undefined = currentSpan()): Span | undefined {
  return whole && tracer?.({ ...describe(), parent: whole.traceparent })
}

/** What the work does is a part of the span, where there is one. */
export function inSpan<Value>(span: Span | undefined, work: () => Value): Value {
  return span ? spans.run(span, work) : work()
}

/** The whole of the work, as a span of its own. */
export async function asSpan<Value>(span: Span | undefined, work: () => Promise<Value>): Promise<Value> {
  if (!span) return work()
  try {
    const value = await inSpan(span, work)
    span.end()
    return value
  } catch (error) {
    span.end(error)
    throw error
  }
}

/** Version 00 and no other: it is our own processes that write them. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
export const TRACEPARENT_HEADER = 'traceparent'

/** Undefined for what is none. */
export function traceparentIn(text: unknown): string | undefined {
  return typeof text === 'string' && TRACEPARENT.test(text) ? text : undefined
}
