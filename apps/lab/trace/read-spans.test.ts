import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findTraces } from './read-spans.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outgrow-traces-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const [ONE, TWO] = ['1', '2'].map((digit) => digit.repeat(32)) as [string, string]
type Given = { traceId: string; spanId: string; parentSpanId?: string; path?: string; at?: number }

function lineOf(process: string, spans: readonly Given[]): string {
  const told = spans.map(({ traceId, spanId, parentSpanId, path = '/orders/ord_00000001/payments', at = 1_000 }) => ({
    ...{ traceId, spanId, parentSpanId, name: 'one', kind: 2 },
    startTimeUnixNano: `${at}000000`,
    endTimeUnixNano: `${at}500000`,
    attributes: [{ key: 'url.path', value: { stringValue: path } }],
    status: { code: 0 },
  }))
  const resource = { attributes: [{ key: 'service.instance.id', value: { stringValue: process } }] }
  return `${JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: told }] }] })}\n`
}

const write = (file: string, ...lines: readonly string[]) => writeFileSync(join(folder, file), lines.join(''))

test('all of a trace is found by an id that one of its spans names, in whichever file it is', async () => {
  write('gateway-1.jsonl', lineOf('gateway-1', [{ traceId: ONE, spanId: 'a' }]))
  write('orders-1.jsonl.1', lineOf('orders-1', [{ traceId: ONE, spanId: 'b', parentSpanId: 'a', path: '/internal' }]))
  write('orders-1.jsonl', lineOf('orders-1', [{ traceId: TWO, spanId: 'c', path: '/orders/ord_00000002' }]))
  const [trace, ...others] = await findTraces(folder, 'ord_00000001', 10)
  expect(others).toEqual([])
  expect(trace?.traceId).toBe(ONE)
  const found = trace?.spans.map(({ process, id, parentId, startMs, endMs }) => [process, id, parentId, startMs, endMs])
  expect(found).toEqual([
    ['gateway-1', 'a', undefined, 1_000, 1_000.5],
    ['orders-1', 'b', 'a', 1_000, 1_000.5],
  ])
})

test('a trace is found by its own id, and a longer id is another one', async () => {
  const path = '/orders/ord_000000012'
  write(
    'orders-1.jsonl',
    lineOf('orders-1', [
      { traceId: ONE, spanId: 'a', path },
      { traceId: TWO, spanId: 'b', path },
    ]),
  )
  expect((await findTraces(folder, TWO, 10)).map(({ traceId }) => traceId)).toEqual([TWO])
  expect(await findTraces(folder, 'ord_00000001', 10)).toEqual([])
  expect(await findTraces(folder, '3'.repeat(32), 10)).toEqual([])
})

test('of many the newest are shown, in their order', async () => {
  const spans = [3, 1, 2].map((at) => ({ traceId: String(at).repeat(32), spanId: String(at), at: at * 1_000 }))
  write('orders-1.jsonl', lineOf('orders-1', spans))
  const found = await findTraces(folder, 'ord_00000001', 2)
  expect(found.map(({ traceId }) => traceId[0])).toEqual(['2', '3'])
})

test('a line that was cut off, or is no OTLP, costs itself alone', async () => {
  const whole = lineOf('orders-1', [{ traceId: ONE, spanId: 'a' }])
  write('orders-1.jsonl', whole.slice(0, 200), '\n', `{"resourceSpans":"ord_00000001 ${ONE}"}\n`, whole)
  expect((await findTraces(folder, 'ord_00000001', 10)).map(({ spans }) => spans.length)).toEqual([1])
})

test('where nobody has told of anything there is nothing', async () => {
  expect(await findTraces(join(folder, 'none'), ONE, 10)).toEqual([])
})
