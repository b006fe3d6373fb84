import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { Counter } from 'prom-client'
import { registry } from '../http/metrics.ts'
import { tellingFailures } from '../process/log.ts'

const told = new Counter({
  name: 'outgrow_spans_total',
  help: 'Spans, by where they were to go (file, otlp) and what became of them: exported, failed, or dropped as too many were waiting',
  labelNames: ['to', 'outcome'],
  registers: [registry],
})

/** A batch is on its way while the next ones gather; what comes beyond these nobody waits for. */
const MOST_WAITING = 4_096
const MOST_AT_ONCE = 512
/** Whoever has made an order looks for its trace at once. */
const GATHER_MS = 300
const BATCH_WITHIN_MS = 5_000

/** The library's own queue drops what it has no room for in silence: here it is counted, and dropped before it comes there. */
export function countedBatches(to: string, exporter: SpanExporter, mostWaiting = MOST_WAITING): SpanProcessor {
  let waiting = 0
  const tell = tellingFailures(`telling spans (${to})`)
  const counting: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length
      exporter.export(spans, (result) => {
        told.inc({ to, outcome: result.code === 0 ? 'exported' : 'failed' }, spans.length)
        void tell(() => (result.code === 0 ? Promise.resolve() : Promise.reject(result.error ?? new Error('no reason given'))))
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
  const batches = new BatchSpanProcessor({
    exporter: counting,
    maxQueueSize: mostWaiting,
    maxExportBatchSize: Math.min(MOST_AT_ONCE, mostWaiting),
    scheduledDelayMillis: GATHER_MS,
    exportTimeoutMillis: BATCH_WITHIN_MS,
  })
  return {
    onStart: () => {},
    onEnd(span) {
      if (waiting >= mostWaiting) return told.inc({ to, outcome: 'dropped' })
      waiting += 1
      batches.onEnd(span)
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  }
}
