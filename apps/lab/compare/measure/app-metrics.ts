/** What the apps' `GET /metrics` says of a stretch of load: the difference of two readings. */
import { httpCall } from '../../../../infra/process/http-call.ts'

/** Sums over the apps of a stage since they started, but for the loop delay, which is the worst since the last reading. */
export type MetricsReading = {
  readonly queries: Readonly<Record<string, { count: number; seconds: number }>>
  readonly poolWaits: { readonly count: number; readonly seconds: number }
  /** `reads` are all, also those that found something stale, distrusted or corrupt, or got no answer. */
  readonly cache: { readonly hits: number; readonly reads: number }
  readonly loopDelayP99S: number | null
  readonly requests: number
}

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
    series.filter((one) => one.name === name && one.labels.includes(label)).reduce((sum, { value }) => sum + value, 0)
  const databases = new Set(
    series.flatMap(({ name, labels }) => (name === 'outgrow_query_seconds_count' ? databaseOf(labels) : [])),
  )
  const queries = [...databases].map((name): [string, { count: number; seconds: number }] => {
    const label = `database="${name}"`
    return [name, { count: total('outgrow_query_seconds_count', label), seconds: total('outgrow_query_seconds_sum', label) }]
  })
  const lags = (part: string) => series.filter(({ name }) => name === `nodejs_eventloop_lag_${part}_seconds`)
  // The monitor waits for its own turn in any case; the shortest wait is that alone.
  const delays = lags('p99').map(({ value }, app) => value - (lags('min')[app]?.value ?? 0))
  return {
    queries: Object.fromEntries(queries),
    poolWaits: { count: total('outgrow_pool_wait_seconds_count'), seconds: total('outgrow_pool_wait_seconds_sum') },
    cache: { hits: total('outgrow_cache_reads_total', 'result="hit"'), reads: total('outgrow_cache_reads_total') },
    loopDelayP99S: delays.length === 0 ? null : Math.max(...delays),
    requests: total('outgrow_http_request_seconds_count'),
  }
}

/** What happened between two readings. */
export type MetricsDelta = {
  readonly queries: readonly { readonly database: string; readonly count: number; readonly msEach: number }[]
  readonly poolWaitMsPerQuery: number | null
  readonly cacheHitShare: number | null
  readonly loopDelayP99Ms: number | null
}

export function metricsBetween(before: MetricsReading, after: MetricsReading): MetricsDelta {
  const waits = after.poolWaits.count - before.poolWaits.count
  const reads = after.cache.reads - before.cache.reads
  return {
    queries: Object.entries(after.queries).map(([database, now]) => {
      const was = before.queries[database] ?? { count: 0, seconds: 0 }
      const count = now.count - was.count
      return { database, count, msEach: count === 0 ? 0 : (1_000 * (now.seconds - was.seconds)) / count }
    }),
    poolWaitMsPerQuery: waits === 0 ? null : (1_000 * (after.poolWaits.seconds - before.poolWaits.seconds)) / waits,
    cacheHitShare: reads === 0 ? null : (after.cache.hits - before.cache.hits) / reads,
    loopDelayP99Ms: after.loopDelayP99S === null ? null : 1_000 * after.loopDelayP99S,
  }
}

function parseLine(line: string): { name: string; labels: string; value: number }[] {
  const parts = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/.exec(line)
  return parts ? [{ name: parts[1] ?? '', labels: parts[2] ?? '', value: Number(parts[3]) }] : []
}

function databaseOf(labels: string): string[] {
  const name = /database="([^"]+)"/.exec(labels)?.[1]
  return name === undefined ? [] : [name]
}
