/**
 * Spans by OpenTelemetry: its model, its ids and its way out. Its automatic instrumentation is not here: it patches modules as they are
 * loaded, which under native ESM needs a loader of its own in each process, and costs a request more than all that it tells of (44 µs bare,
 * 186 with it, 66 with spans of our own; measured). Our own seams know what is worth a span.
 */
import {
  type Span as ApiSpan,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { logLine } from '../process/log.ts'
import type { Span, Tracer } from '../process/span.ts'
import { inTime } from '../process/within.ts'
import { countedBatches } from './counted-batches.ts'
import { spanFile } from './span-file.ts'

type Traced = { readonly name: string; readonly service: string; readonly spansFile?: string }

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER }
const MOST_CHARACTERS = 500
/** Of one batch. An end point that hangs keeps no more than this and the queue behind it. */
const EXPORT_WITHIN_MS = 2_000
/** For all that is left; a process that ends waits no longer. */
const STOP_WITHIN_MS = 1_000
/** After its end: what is told to a cache after an answer belongs to the answer. */
const PAST_AFTER_MS = 5_000

/** What is told goes to the process's own file, and to the end point of OTLP that the usual variables name. */
export function openTelemetry({ name, service, spansFile }: Traced): { readonly tracer: Tracer; stop(): Promise<void> } {
  const file = spansFile === undefined ? [] : [countedBatches('file', spanFile(spansFile))]
  const endPoint = otlpExporter()
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.instance.id': name, 'service.namespace': 'outgrow' }),
    spanLimits: { attributeValueLengthLimit: MOST_CHARACTERS },
    spanProcessors: [...file, ...(endPoint ? [countedBatches('otlp', endPoint)] : [])],
  })
  const spans = provider.getTracer('outgrow')
  return {
    tracer: ({ name, kind, parent, startedAt, attributes = {} }) => {
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, contextIn(parent))
      const startTime = timeOf(startedAt ?? performance.now())
      return toldAs(spans.startSpan(name, { kind: KINDS[kind], attributes, startTime }, context))
    },
    stop: () => inTime(STOP_WITHIN_MS, () => provider.shutdown()).catch(() => undefined),
  }
}

/** The variables of the standard: OTEL_EXPORTER_OTLP_ENDPOINT and its kin. The library reads them itself, and takes one that is no address for the default. */
function otlpExporter(): SpanExporter | undefined {
  const endPoint = process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || process.env.OTEL_EXPORTER_OTLP_ENDPOINT
  if (!endPoint) return undefined
  if (URL.canParse(endPoint)) return new OTLPTraceExporter({ timeoutMillis: EXPORT_WITHIN_MS })
  logLine(40, `no spans go to ${endPoint}, which is no address`)
  return undefined
}

function toldAs(span: ApiSpan): Span {
  const context = span.spanContext()
  let endedAt = Number.POSITIVE_INFINITY
  return {
    traceId: context.traceId,
    traceparent: `00-${context.traceId}-${context.spanId}-0${context.traceFlags}`,
    set: (attributes) => void span.setAttributes(attributes),
    end(error) {
      endedAt = performance.now()
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: reasonOf(error) })
      span.end(timeOf(endedAt))
    },
    isPast: () => performance.now() > endedAt + PAST_AFTER_MS,
  }
}

let origin = performance.timeOrigin
/** The clock of this process may have stood still, as where a laptop slept. */
const MOST_ASTRAY_MS = 50

/**
 * In milliseconds since 1970, with their fractions: the library would add the whole ones of its clock anew for each span, and a part would seem
 * to end after its whole.
 */
function timeOf(now: number): number {
  const sinceOrigin = Date.now() - performance.now()
  if (Math.abs(sinceOrigin - origin) > MOST_ASTRAY_MS) origin = sinceOrigin
  return origin + now
}

/** By its code, where it has one: what a database says of a row that is there already holds the row's values. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code !== '') return error.code
  return (error instanceof Error ? error.message : String(error)).slice(0, MOST_CHARACTERS)
}

/** Of what `traceparentIn` has let in. */
function contextIn(traceparent: string): SpanContext {
  const [, traceId = '', spanId = ''] = traceparent.split('-')
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true }
}
