/** Traces that are lost on the way, that strangers choose, or that the shop waits for. */
import { mutantsOf } from './mutant.ts'

const SPAN = 'apps/platform/process/span.test.ts'
const REQUESTS = 'apps/platform/tracing/traced-requests.test.ts'
const TELEMETRY = 'apps/platform/tracing/open-telemetry.test.ts'
const EVENTS = 'apps/platform/inbox/traces.test.ts'
const GATEWAY = 'apps/gateway/traces.test.ts'

export const TRACE_MUTANTS = [
  ...mutantsOf('apps/platform/process/span.ts', SPAN, [
    ['return span?.isPast() ? undefined : span', 'return span', 'a timer tells of a request that ended long ago'],
  ]),
  ...mutantsOf('apps/platform/tracing/traced-requests.ts', REQUESTS, [
    ['const comesFromUs = isOurs(request)', 'const comesFromUs = true', 'a stranger chooses the trace'],
    ['inSpan(span, done)', 'done()', 'what is done for a request is no part of it'],
  ]),
  ...mutantsOf('apps/gateway/gateway.ts', GATEWAY, [
    ["if (settings.tracing === 'on')", 'traceRequests(app, () => true)', 'a client chooses the trace'],
  ]),
  ...mutantsOf('apps/platform/calls/traced.ts', GATEWAY, [
    ['const headers = {', 'const headers = { ...sent.headers }', 'who is called begins a trace of its own'],
  ]),
  ...mutantsOf('apps/platform/tracing/counted-batches.ts', TELEMETRY, [
    ['waiting -= spans.length', '', 'what was told makes no room, and later spans are dropped'],
    ['if (waiting >= mostWaiting)', 'if (waiting < 0)', 'spans that are dropped are not counted'],
  ]),
  ...mutantsOf('apps/platform/tracing/span-file.ts', TELEMETRY, [['if (size > mostBytes)', '', 'the file of spans has no end']]),
  ...mutantsOf('apps/platform/events/relay.ts', EVENTS, [
    ['const events = rows.map(', 'const events = rows.map((row) => fieldsOf(row))', 'the trace of an event ends in the outbox'],
  ]),
  ...mutantsOf('apps/platform/inbox/inbox.ts', EVENTS, [
    [
      'await inSpan(spans.get(event.id)',
      'await handler.handle(trx, event)',
      'what a consumer asks of its database is no part of it',
    ],
  ]),
]
