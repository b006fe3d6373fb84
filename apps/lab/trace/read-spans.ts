/** What the programs of a stage have told of requests: in a folder, a file each, whose lines are requests of OTLP in JSON. */
import { createReadStream, existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import Type, { type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'

export type ReadSpan = {
  readonly traceId: string
  readonly id: string
  readonly parentId: string | undefined
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  /** Which process told of it. */
  readonly process: string
  /** Milliseconds since 1970, with their fractions. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  /** Why what it tells of failed. */
  readonly error?: string
}

export type FoundTrace = { readonly traceId: string; readonly spans: readonly ReadSpan[] }

const TRACE_ID = /^[0-9a-f]{32}$/

/** Those that name the id, by themselves or in one of their spans, the newest `most`, in the order of their time. */
export async function findTraces(folder: string, id: string, most: number): Promise<FoundTrace[]> {
  const ids = TRACE_ID.test(id) ? [id] : await tracesNaming(folder, id, most)
  if (ids.length === 0) return []
  const wanted = new Set(ids)
  const spans = new Map<string, ReadSpan>()
  for await (const span of spansIn(folder, (line) => ids.some((one) => line.includes(one))))
    if (wanted.has(span.traceId)) spans.set(span.id, span)
  const traces = Map.groupBy(spans.values(), ({ traceId }) => traceId)
  return [...traces]
    .map(([traceId, some]) => ({ traceId, spans: some }))
    .sort((one, other) => beginningOf(one) - beginningOf(other))
}

export function beginningOf({ spans }: Pick<FoundTrace, 'spans'>): number {
  return Math.min(...spans.map(({ startMs }) => startMs))
}

async function tracesNaming(folder: string, id: string, most: number): Promise<string[]> {
  const found = new Map<string, number>()
  for await (const span of spansIn(folder, (line) => line.includes(id)))
    if (names(span, id)) found.set(span.traceId, Math.max(found.get(span.traceId) ?? 0, span.startMs))
  const newestFirst = [...found].sort(([, one], [, other]) => other - one)
  return newestFirst.slice(0, most).map(([traceId]) => traceId)
}

/** As the whole of an attribute, or as a part of a path. */
function names({ attributes }: ReadSpan, id: string): boolean {
  return Object.values(attributes).some((value) => value === id || (typeof value === 'string' && value.split('/').includes(id)))
}

async function* spansIn(folder: string, mayHave: (line: string) => boolean): AsyncGenerator<ReadSpan> {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder).filter((file) => /\.jsonl(?:\.1)?$/.test(file))) {
    const lines = createInterface({ input: createReadStream(path.join(folder, name)), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const line of lines) if (mayHave(line)) yield* spansOf(line)
  }
}

const open = { additionalProperties: true }
const Attribute = Type.Object(
  {
    key: Type.String(),
    value: Type.Object(
      {
        stringValue: Type.Optional(Type.String()),
        intValue: Type.Optional(Type.Union([Type.String(), Type.Number()])),
        doubleValue: Type.Optional(Type.Number()),
        boolValue: Type.Optional(Type.Boolean()),
      },
      open,
    ),
  },
  open,
)
const Attributes = Type.Optional(Type.Array(Attribute))
const list = <Item extends TSchema>(item: Item) => Type.Optional(Type.Array(item))
const Told = Type.Object(
  {
    traceId: Type.String(),
    spanId: Type.String(),
    parentSpanId: Type.Optional(Type.String()),
    name: Type.String(),
    kind: Type.Integer(),
    startTimeUnixNano: Type.String(),
    endTimeUnixNano: Type.String(),
    attributes: Attributes,
    status: Type.Optional(Type.Object({ code: Type.Optional(Type.Integer()), message: Type.Optional(Type.String()) }, open)),
  },
  open,
)
const Scope = Type.Object({ spans: list(Told) }, open)
const Resource = Type.Object({ resource: Type.Object({ attributes: Attributes }, open), scopeSpans: list(Scope) }, open)
const Line = Type.Object({ resourceSpans: list(Resource) }, open)

/** Of a line that was cut off, as the program that wrote it was killed, nothing. */
function* spansOf(line: string): Generator<ReadSpan> {
  const value = parsed(line)
  if (!Value.Check(Line, value)) return
  for (const { resource, scopeSpans = [] } of value.resourceSpans ?? []) {
    const process = String(valuesOf(resource.attributes)['service.instance.id'] ?? 'unknown')
    for (const { spans = [] } of scopeSpans) for (const span of spans) yield readSpan(span, process)
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const FAILED = 2

function readSpan(span: Static<typeof Told>, process: string): ReadSpan {
  return {
    traceId: span.traceId,
    id: span.spanId,
    parentId: span.parentSpanId || undefined,
    name: span.name,
    kind: KINDS[span.kind] ?? 'internal',
    process,
    startMs: msOf(span.startTimeUnixNano),
    endMs: msOf(span.endTimeUnixNano),
    attributes: valuesOf(span.attributes),
    ...(span.status?.code === FAILED && { error: span.status.message ?? 'failed' }),
  }
}

/** Nanoseconds since 1970 are more than a number of JavaScript holds. */
function msOf(nano: string): number {
  return Number(BigInt(nano) / 1_000n) / 1_000
}

function valuesOf(attributes: Static<typeof Attributes> = []): Record<string, string | number | boolean> {
  const pairs = attributes.map(({ key, value }) => {
    const { stringValue, intValue, doubleValue, boolValue } = value
    return [key, stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue ?? '') : Number(intValue))] as const
  })
  return Object.fromEntries(pairs)
}
