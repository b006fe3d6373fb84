import { expect, test } from 'vitest'
import { resultText } from './result-text.ts'
import type { LoadResult } from './run-load.ts'

const RESULT: LoadResult = {
  stage: 3,
  name: '3-load-balanced',
  workload: 'checkout',
  load: { rate: 5, durationS: 30, warmUpS: 10, shape: 'steady', seed: 1 },
  startedAt: '2026-01-01T00:00:00.000Z',
  complete: true,
  journeys: { offered: 150, finished: 148, failed: 1, soldOut: 0, dropped: 1 },
  latencyMs: { p50: 9.4, p95: 80.6, p99: 120, p999: 180 },
  requests: { sent: 600, failed: 1 },
  thresholds: [
    { metric: 'dropped_iterations', rule: 'count==0', kept: false },
    { metric: 'checks', rule: 'rate==1', kept: true },
  ],
  generator: { cpuS: 1, wallS: 10, version: '1.8.1' },
  invariants: [
    { name: 'stock', kept: true, detail: '10000 products, 10 pieces sold', findings: 0 },
    {
      name: 'orders',
      kept: false,
      detail: `acknowledged order missing: ord_${'x'.repeat(26)} (key k1 was answered 201)`,
      findings: 3,
    },
  ],
  ok: false,
  folder: '/data/reports/run',
}

test('says what was offered, how long it took, what broke, and where the raw output is', () => {
  const text = resultText(RESULT)
  for (const part of [
    '148 of 150 finished (4.9/s), 1 failed, 1 dropped',
    'p50 9.4 ms, p95 81 ms, p99 120 ms, p99.9 180 ms',
    'k6 used 0.10 CPU',
  ]) {
    expect(text).toContain(part)
  }
  expect(text).toContain('✗ threshold crossed: dropped_iterations must keep count==0')
  expect(text).not.toContain('checks must keep')
  expect(text).toContain('✗ failed')
  expect(text).toContain('/data/reports/run')
})

test('fits 80 columns', () => {
  expect(
    resultText(RESULT)
      .split('\n')
      .filter((line) => line.length > 80),
  ).toEqual([])
  expect(resultText(RESULT).replaceAll(/\s+/g, ' ')).toContain('(key k1 was answered 201), and 2 more')
})

test('says so when it was ended early', () => {
  expect(resultText({ ...RESULT, complete: false, latencyMs: null })).toMatch(/ended early[\s\S]*no journey finished/)
})

test('says that nothing was measured', () => {
  const journeys = { offered: 0, finished: 0, failed: 0, soldOut: 0, dropped: 0 }
  expect(resultText({ ...RESULT, journeys, latencyMs: null })).toContain('✗ nothing was measured: no journey was finished')
  expect(resultText(RESULT)).not.toContain('nothing was measured')
})
