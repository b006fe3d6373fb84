import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { freePort } from '../../../infra/process/free-port.ts'
import { registry } from '../http/metrics.ts'
import type { Span } from '../process/span.ts'
import { countedBatches } from './counted-batches.ts'
import { openTelemetry } from './open-telemetry.ts'
import { spanFile } from './span-file.ts'

const WITHIN = { timeout: 15_000, interval: 20 }
const MANY = 6_000

let folder: string
const closing: (() => unknown)[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outgrow-spans-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function start(spansFile?: string) {
  const telemetry = openTelemetry({ name: 'orders-1', service: 'orders', ...(spansFile && { spansFile }) })
  closing.push(telemetry.stop)
  return telemetry
}

async function collector(): Promise<{ readonly url: string; readonly bodies: string[] }> {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    bodies.push((await request.toArray()).join(''))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${port}`, bodies }
}

async function counted(to: string, outcome: string): Promise<number> {
  const metric = await registry.getSingleMetric('outgrow_spans_total')?.get()
  return metric?.values.find(({ labels }) => labels.to === to && labels.outcome === outcome)?.value ?? 0
}

const tellMany = (telemetry: ReturnType<typeof start>, count: number): void => {
  for (let number = 0; number < count; number++) telemetry.tracer({ name: 'one', kind: 'client' }).end()
}

describe('the file', () => {
  test('has each span with its whole, its times and why it failed, as OTLP in JSON', async () => {
    const file = join(folder, 'new', 'orders-1.jsonl')
    const { tracer } = start(file)
    const whole: Span = tracer({ name: 'POST /orders', kind: 'server', attributes: { 'http.route': '/orders' } })
    const part = tracer({ name: 'INSERT orders', kind: 'client', parent: whole.traceparent })
    part.end(Object.assign(new Error("Duplicate entry 'ada@example.com' for key 'email'"), { code: 'ER_DUP_ENTRY' }))
    whole.end()
    await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'), WITHIN).toBe(true)
    const [{ resource, scopeSpans }] = JSON.parse(readFileSync(file, 'utf8')).resourceSpans
    expect(resource.attributes).toContainEqual({ key: 'service.instance.id', value: { stringValue: 'orders-1' } })
    const [first, second] = scopeSpans[0].spans
    const [, traceId, spanId] = whole.traceparent.split('-')
    expect(first).toMatchObject({ traceId, parentSpanId: spanId, name: 'INSERT orders', kind: 3 })
    expect(first.status).toEqual({ code: 2, message: 'ER_DUP_ENTRY' })
    expect(second).toMatchObject({ traceId, spanId, name: 'POST /orders', kind: 2 })
    expect(BigInt(second.startTimeUnixNano) <= BigInt(first.startTimeUnixNano)).toBe(true)
    expect(BigInt(first.endTimeUnixNano) <= BigInt(second.endTimeUnixNano)).toBe(true)
    expect(Math.abs(Number(BigInt(second.startTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(60_000)
    expect(statSync(file).mode & 0o077).toBe(0)
  })

  test('is put aside when it is large, and no more than two are kept', async () => {
    const file = join(folder, 'orders-1.jsonl')
    const exporter = spanFile(file, 100)
    const serialized = vi.spyOn(JsonTraceSerializer, 'serializeRequest').mockReturnValue(Buffer.from('x'.repeat(60)))
    closing.push(() => serialized.mockRestore())
    for (let batch = 0; batch < 7; batch++) await new Promise((done) => exporter.export([], done))
    expect(readdirSync(folder).sort()).toEqual(['orders-1.jsonl', 'orders-1.jsonl.1'])
    expect(statSync(file).size).toBeLessThan(200)
  })

  test('that cannot be written fails nothing but itself', async () => {
    const before = await counted('file', 'failed')
    const { tracer } = start('/dev/null/orders-1.jsonl')
    tracer({ name: 'one', kind: 'client' }).end()
    await expect.poll(() => counted('file', 'failed'), WITHIN).toBe(before + 1)
  })
})

describe('an end point of OTLP', () => {
  test('that the usual variable names is told as well', async () => {
    const { url, bodies } = await collector()
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url)
    start().tracer({ name: 'GET /orders', kind: 'server' }).end()
    await expect.poll(() => bodies.length, WITHIN).toBe(1)
    expect(bodies[0]).toContain('GET /orders')
  })

  test('that is not there costs its spans, counted, and nobody waits', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${await freePort()}`)
    const telemetry = start()
    const before = await counted('otlp', 'failed')
    tellMany(telemetry, 10)
    await expect.poll(() => counted('otlp', 'failed'), WITHIN).toBe(before + 10)
  })

  test('that hangs leaves a bounded queue: what comes beyond is dropped and counted, and the process ends in time', async () => {
    const hung = createServer(() => {})
    const port = await freePort()
    await new Promise<void>((resolve) => hung.listen(port, '127.0.0.1', resolve))
    closing.push(
      () => hung.closeAllConnections(),
      () => hung.close(),
    )
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`)
    const telemetry = start()
    const before = await counted('otlp', 'dropped')
    tellMany(telemetry, MANY)
    // One batch is on its way, and so many wait.
    expect(await counted('otlp', 'dropped')).toBe(before + MANY - 4_096 - 512)
    const stopped = vi.fn()
    void telemetry.stop().then(stopped)
    await expect.poll(() => stopped.mock.calls.length, WITHIN).toBe(1)
  })

  test('whose address is none is told of in the log, and the process starts', () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'no address')
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    closing.push(() => logged.mockRestore())
    expect(() => start()).not.toThrow()
    expect(logged.mock.calls.flat().join()).toContain('no spans go to no address')
  })
})

test('a batch that is done makes room', async () => {
  const taken: number[] = []
  const exporter = {
    export(spans: readonly unknown[], done: (result: { code: number }) => void) {
      taken.push(spans.length)
      done({ code: 0 })
    },
    shutdown: async () => {},
  }
  const before = await counted('test', 'dropped')
  const batches = countedBatches('test', exporter as never, 4)
  closing.push(() => batches.shutdown())
  const span = { spanContext: () => ({ traceFlags: 1 }), resource: {} } as never
  for (let number = 0; number < 3; number++) batches.onEnd(span)
  await expect.poll(() => taken, WITHIN).toEqual([3])
  for (let number = 0; number < 4; number++) batches.onEnd(span)
  await expect.poll(() => taken, WITHIN).toEqual([3, 4])
  expect(await counted('test', 'dropped')).toBe(before)
})
