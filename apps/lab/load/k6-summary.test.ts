import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { figuresOf, readSummary, removeSessions } from './k6-summary.ts'

const METRICS = {
  'journeys_failed{scenario:measured}': { passes: 2, fails: 97, value: 0.02, thresholds: { 'rate<=0.001': true } },
  // With warm-up, which must not count.
  journeys_failed: { passes: 40, fails: 150 },
  'dropped_iterations{scenario:measured}': { count: 1, thresholds: { 'count==0': true } },
  'journeys_sold_out{scenario:measured}': { count: 7 },
  'journey_duration{scenario:measured}': {
    med: 12.5,
    'p(95)': 80,
    'p(99)': 120,
    'p(99.9)': 180,
    thresholds: { 'p(95)<=250': false },
  },
  'http_req_failed{scenario:measured}': { passes: 3, fails: 397 },
}

let folder = ''
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('counts the measured part alone and tells kept thresholds from crossed ones', () => {
  expect(figuresOf({ metrics: METRICS })).toEqual({
    journeys: { offered: 100, finished: 90, failed: 2, soldOut: 7, dropped: 1 },
    latencyMs: { p50: 12.5, p95: 80, p99: 120, p999: 180 },
    requests: { sent: 400, failed: 3 },
    thresholds: [
      { metric: 'journeys_failed', rule: 'rate<=0.001', kept: false },
      { metric: 'dropped_iterations', rule: 'count==0', kept: false },
      { metric: 'journey_duration', rule: 'p(95)<=250', kept: true },
    ],
  })
})

test('gives no latency when nothing finished', () => {
  expect(figuresOf({ metrics: { journeys_failed: { passes: 5, fails: 0 } } })).toMatchObject({
    latencyMs: null,
    journeys: { finished: 0 },
  })
})

test("takes the shoppers' sessions out of the file that is kept", () => {
  const file = summary(JSON.stringify({ metrics: METRICS, setup_data: { sids: ['secret-session'] } }))
  removeSessions(file)
  expect(readFileSync(file, 'utf8')).not.toContain('secret-session')
  expect(readSummary(file).journeys.offered).toBe(100)
  removeSessions(file)
  expect(readSummary(file).journeys.offered).toBe(100)
})

test('keeps nothing of a summary that breaks off', () => {
  const file = summary('{"setup_data":{"sids":["secret-sess')
  removeSessions(file)
  expect(readFileSync(file, 'utf8')).toBe('')
  expect(() => removeSessions(join(folder, 'nothing'))).not.toThrow()
})

function summary(text: string): string {
  folder = mkdtempSync(join(tmpdir(), 'outgrow-summary-'))
  const file = join(folder, 'summary.json')
  writeFileSync(file, text)
  return file
}
