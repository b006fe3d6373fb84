import { describe, expect, test } from 'vitest'
import { metricsBetween, parseMetrics } from './app-metrics.ts'

function metrics({ queries = 0, seconds = 0, waits = 0, hits = 0, misses = 0, delay = 0.06 } = {}): string {
  return [
    '# HELP outgrow_query_seconds Time of a database query',
    `outgrow_query_seconds_bucket{le="0.001",app="app-1",database="db"} 7`,
    `outgrow_query_seconds_sum{app="app-1",database="db"} ${seconds}`,
    `outgrow_query_seconds_count{app="app-1",database="db"} ${queries}`,
    `outgrow_pool_wait_seconds_sum{app="app-1",database="db"} ${waits}`,
    `outgrow_pool_wait_seconds_count{app="app-1",database="db"} ${queries}`,
    `outgrow_cache_reads_total{cache="products",result="hit",app="app-1"} ${hits}`,
    `outgrow_cache_reads_total{cache="products",result="miss",app="app-1"} ${misses}`,
    `outgrow_loop_delay_seconds{of="min",app="app-1"} 0.05`,
    `outgrow_loop_delay_seconds{of="p99",app="app-1"} ${delay}`,
  ].join('\n')
}

describe('metrics of a stretch of load', () => {
  test('are the differences of two readings, per query and over all apps', () => {
    const before = parseMetrics([metrics({ queries: 100, seconds: 1, hits: 10, misses: 10 }), metrics()])
    const more = metrics({ queries: 300, seconds: 2, waits: 0.4, hits: 40, misses: 20 })
    const after = parseMetrics([more, metrics({ queries: 100, seconds: 1, delay: 0.2 })])
    const delta = metricsBetween(before, after)
    expect(delta.queries).toEqual([{ database: 'db', count: 300, msEach: expect.closeTo(2_000 / 300) }])
    expect(delta.poolWaitMsPerQuery).toBeCloseTo(400 / 300)
    expect(delta.cacheHitShare).toBeCloseTo(30 / 40)
    expect(delta.loopDelayP99Ms).toBeCloseTo(150)
  })
  test('count a read as a hit only where the cache gave the answer', () => {
    const results = ['hit', 'miss', 'stale', 'bypass', 'corrupt', 'error']
    const reads = results.map((result) => `outgrow_cache_reads_total{cache="products",result="${result}",app="app-1"} 5`)
    expect(metricsBetween(parseMetrics([]), parseMetrics([reads.join('\n')])).cacheHitShare).toBeCloseTo(1 / 6)
  })
  test('count the requests of each bucket over all apps, wherever it was', () => {
    const line = (bucket: string, server: string, app: number, count: number) =>
      `outgrow_bucket_requests_total{bucket="${bucket}",server="${server}",app="app-${app}"} ${count}`
    const before = parseMetrics([line('07', 'shard-1', 1, 5), line('07', 'shard-1', 2, 5)])
    const moved = [line('07', 'shard-1', 2, 6), line('07', 'shard-4', 2, 3), line('08', 'shard-1', 2, 2)]
    const after = parseMetrics([line('07', 'shard-1', 1, 9), moved.join('\n')])
    expect(metricsBetween(before, after).buckets).toEqual([
      { bucket: '07', server: 'shard-1', count: 5 },
      { bucket: '07', server: 'shard-4', count: 3 },
      { bucket: '08', server: 'shard-1', count: 2 },
    ])
  })
  test('are null where there was nothing to measure', () => {
    const reading = parseMetrics([metrics()])
    expect(metricsBetween(reading, reading)).toMatchObject({ poolWaitMsPerQuery: null, cacheHitShare: null })
  })
})
