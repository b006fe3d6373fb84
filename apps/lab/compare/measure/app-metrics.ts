/** What the apps' `GET /metrics` says of a stretch of load: the difference of two readings. */
import { httpCall } from '../../../../infra/process/http-call.ts'
import { median, sum } from '../spread.ts'

/** By what was waited for. */
type Waits = Readonly<Record<string, { readonly count: number; readonly seconds: number }>>

/** Sums over the apps of a stage since they started, but for the delays, which are since the last reading. */
export type MetricsReading = {
  readonly queries: Waits
  readonly poolWaits: Waits
  readonly redis: Waits
  readonly buckets: readonly BucketRequests[]
  /** `reads` are all, also those that found something stale or corrupt, were a bypass, or got no answer. */
  readonly cache: { readonly hits: number; readonly reads: number }
  /** The worst app's. */
  readonly loopDelayP99S: number | null
  readonly meanLoopDelayS: number
  /** Garbage collections that took longer than 0.1 s. */
  readonly longCollections: number
  readonly requests: number
}

/** Of the customers of one bucket, while it was on that server. */
export type BucketRequests = { readonly bucket: string; readonly server: string; readonly count: number }

const READ_TIMEOUT_MS = 5_000

/** Undefined when an app does not answer: a reading is evidence, and its lack must not end a comparison. */
export async function readMetrics(ports: readonly number[]): Promise<MetricsReading | undefined> {
  const calls = ports.map((port) => httpCall(`http://127.0.0.1:${port}/metrics`, { timeoutMs: READ_TIMEOUT_MS }))
  const answers = await Promise.all(calls).catch(() => undefined)
  return answers?.every(({ status }) => status === 200) ? parseMetrics(answers.map(({ text }) => text)) : undefined
}

export function parseMetrics(texts: readonly string[]): MetricsReading {
  const series = texts.flatMap((text) => text.split('\n').flatMap(parseLine))
  const total = (name: string, label = ''): number =>
    sum(series.filter((one) => one.name === name && one.labels.includes(label)).map(({ value }) => value))
  const lags = (part: string) =>
    series.filter(({ name, labels }) => name === 'outgrow_loop_delay_seconds' && labelOf('of', labels).includes(part))
  // The monitor waits for its own turn in any case; the shortest wait is that alone.
  const delays = (part: string) => lags(part).map(({ value }, app) => Math.max(0, value - (lags('min')[app]?.value ?? 0)))
  return {
    queries: waitsOf(series, 'outgrow_query_seconds', 'database'),
    poolWaits: waitsOf(series, 'outgrow_pool_wait_seconds', 'database'),
    redis: waitsOf(series, 'outgrow_redis_seconds', 'redis'),
    buckets: bucketsOf(series),
    cache: { hits: total('outgrow_cache_reads_total', 'result="hit"'), reads: total('outgrow_cache_reads_total') },
    loopDelayP99S: delays('p99').length === 0 ? null : Math.max(...delays('p99')),
    meanLoopDelayS: delays('mean').length === 0 ? 0 : median(delays('mean')),
    longCollections: total('nodejs_gc_duration_seconds_count') - total('nodejs_gc_duration_seconds_bucket', 'le="0.1"'),
    requests: total('outgrow_http_request_seconds_count'),
  }
}

function bucketsOf(series: readonly Series[]): BucketRequests[] {
  const own = series.flatMap(({ name, labels, value }) => {
    const [bucket = '', server = ''] = [...labelOf('bucket', labels), ...labelOf('server', labels)]
    return name === 'outgrow_bucket_requests_total' ? [{ bucket, server, count: value }] : []
  })
  return [...Map.groupBy(own, placeOf).values()].flatMap((same) => {
    const count = sum(same.map((one) => one.count))
    return same.slice(0, 1).map((one) => ({ ...one, count }))
  })
}

function placeOf({ bucket, server }: BucketRequests): string {
  return `${bucket} ${server}`
}

function waitsOf(series: readonly Series[], histogram: string, label: string): Waits {
  const names = series.flatMap(({ name, labels }) => (name === `${histogram}_count` ? labelOf(label, labels) : []))
  const total = (part: string, of: string): number => {
    const own = series.filter(({ name, labels }) => name === `${histogram}_${part}` && labelOf(label, labels).includes(of))
    return sum(own.map(({ value }) => value))
  }
  return Object.fromEntries(
    [...new Set(names)].map((name) => [name, { count: total('count', name), seconds: total('sum', name) }]),
  )
}

/** Something that was waited for so many times. */
export type Wait = {
  readonly kind: 'query' | 'connection' | 'redis' | 'turn'
  readonly of: string
  readonly count: number
  readonly msEach: number
}

/** What happened between two readings. */
export type MetricsDelta = {
  readonly queries: readonly { readonly database: string; readonly count: number; readonly msEach: number }[]
  /** All that a request waits for, one after the other. */
  readonly waits: readonly Wait[]
  readonly buckets: readonly BucketRequests[]
  readonly poolWaitMsPerQuery: number | null
  readonly cacheHitShare: number | null
  readonly loopDelayP99Ms: number | null
  readonly longCollections: number
}

export function metricsBetween(before: MetricsReading, after: MetricsReading): MetricsDelta {
  const queries = waitsBetween('query', before.queries, after.queries)
  const connections = waitsBetween('connection', before.poolWaits, after.poolWaits)
  const turns = {
    kind: 'turn',
    of: 'the app',
    count: after.requests - before.requests,
    msEach: 1_000 * after.meanLoopDelayS,
  } as const
  const waited = sum(connections.map(({ count }) => count))
  const reads = after.cache.reads - before.cache.reads
  return {
    queries: queries.map(({ of, count, msEach }) => ({ database: of, count, msEach })),
    waits: [turns, ...waitsBetween('redis', before.redis, after.redis), ...connections, ...queries],
    buckets: requestsBetween(before.buckets, after.buckets),
    poolWaitMsPerQuery: waited === 0 ? null : sum(connections.map(({ count, msEach }) => count * msEach)) / waited,
    cacheHitShare: reads === 0 ? null : (after.cache.hits - before.cache.hits) / reads,
    loopDelayP99Ms: after.loopDelayP99S === null ? null : 1_000 * after.loopDelayP99S,
    longCollections: after.longCollections - before.longCollections,
  }
}

function requestsBetween(before: readonly BucketRequests[], after: readonly BucketRequests[]): BucketRequests[] {
  const was = new Map(before.map((one) => [placeOf(one), one.count]))
  return after.map((one) => ({ ...one, count: one.count - (was.get(placeOf(one)) ?? 0) }))
}

function waitsBetween(kind: Wait['kind'], before: Waits, after: Waits): Wait[] {
  return Object.entries(after).map(([of, now]) => {
    const was = before[of] ?? { count: 0, seconds: 0 }
    const count = now.count - was.count
    return { kind, of, count, msEach: count === 0 ? 0 : (1_000 * (now.seconds - was.seconds)) / count }
  })
}

type Series = { readonly name: string; readonly labels: string; readonly value: number }

function parseLine(line: string): Series[] {
  const parts = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/.exec(line)
  return parts ? [{ name: parts[1] ?? '', labels: parts[2] ?? '', value: Number(parts[3]) }] : []
}

function labelOf(label: string, labels: string): string[] {
  const value = new RegExp(`(?:^|,)${label}="([^"]+)"`).exec(labels)?.[1]
  return value === undefined ? [] : [value]
}
