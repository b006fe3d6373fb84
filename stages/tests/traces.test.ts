/** One order, on its way through all of a stage's programs, is one trace. */
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { type FoundTrace, findTraces, type ReadSpan } from '../../apps/lab/trace/read-spans.ts'
import { freePort } from '../../infra/process/free-port.ts'
import { freshProduct, newShopper, placeOrder } from '../contract/people.ts'
import { pay } from '../contract/shop/payments.ts'
import { startedStage } from './experiment.ts'

/** A mail is sent two seconds after its order, and told of soon after that. */
const WITHIN = { timeout: 60_000, interval: 250 }
const MAIN = join(import.meta.dirname, '../../apps/lab/main.ts')

/** `gateway: POST /orders > …`: what a span is a part of, each by its service and its name, and itself. */
function wayTo(span: ReadSpan, spans: readonly ReadSpan[]): string {
  const whole = spans.find(({ id }) => id === span.parentId)
  const own = `${span.process.replace(/-\d+$/, '')}: ${span.name}`
  return whole ? `${wayTo(whole, spans)} > ${own}` : own
}

const below = (whole: string, ...parts: readonly string[]) => parts.map((part) => `${whole} > ${part}`)

const collected: string[] = []
beforeAll(async () => {
  const collector = createServer(async (request, response) => {
    collected.push(`${request.method} ${request.url} ${(await request.toArray()).join('')}`)
    response.end('{}')
  })
  const port = await freePort()
  await new Promise<void>((resolve) => collector.listen(port, '127.0.0.1', resolve))
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`)
  return () => {
    vi.unstubAllEnvs()
    collector.closeAllConnections()
    collector.close()
  }
})

describe('stage 6 with tracing=on', () => {
  const stage = startedStage(6, ['tracing=on'])
  const folder = () => join(dirname(stage().stateFile), 'spans')
  let orderId: string
  let placing: FoundTrace
  let paying: FoundTrace
  beforeAll(async () => {
    const shopper = await newShopper(stage())
    const product = await freshProduct(stage(), 10)
    orderId = (await placeOrder(shopper, product.id)).id
    await pay(shopper, orderId, 'tok_approved')
    const mailed = ({ spans }: FoundTrace) => spans.some(({ name }) => name === 'do mail')
    await untilTold(() => expect([placing, paying].every(mailed)).toBe(true))
  }, 240_000)

  /** Each process writes what it has to tell in its own time. */
  const untilTold = (check: () => void) =>
    vi.waitFor(async () => {
      const traces = await findTraces(folder(), orderId, 10)
      expect(traces).toHaveLength(2)
      ;[placing, paying] = traces as [FoundTrace, FoundTrace]
      check()
    }, WITHIN)
  const waysIn = ({ spans }: FoundTrace) => spans.map((span) => wayTo(span, spans))

  test('the way of an order is one tree, from the gateway through services, MySQL, Redis, the stream and its consumers to the mail', async () => {
    const order = 'gateway: POST /orders > gateway: call orders > orders: POST /orders'
    const stock = `${order} > orders: call products > products: POST /internal/stock/take`
    const event = `${order} > orders: send events:orders`
    const job = `${event} > consumers: handle notifications > consumers: add mail > consumers: do mail`
    const user = `${job} > consumers: call users > users: POST /internal/users/email-address`
    const ways = [
      ...below('gateway: POST /orders', 'gateway: GET'),
      ...below(order, 'orders: INSERT orders', 'orders: INSERT outbox', 'orders: COMMIT'),
      ...below(stock, 'products: UPDATE products'),
      ...below(event, 'consumers: handle audit', 'consumers: handle bestsellers'),
      ...below(event, 'consumers: handle audit > consumers: INSERT order_history'),
      ...below(user, 'users: SELECT users'),
    ]
    await untilTold(() => expect(waysIn(placing)).toEqual(expect.arrayContaining(ways)))
    expect(waysIn(placing).filter((way) => !way.startsWith('gateway: POST /orders'))).toEqual([])
  })

  test('so is that of its payment', async () => {
    const payment = 'gateway: POST /orders/:id/payments > gateway: call payments > payments: POST /orders/:id/payments'
    const paid = `${payment} > payments: call orders > orders: POST /internal/orders/mark-paid`
    const ways = [
      ...below(payment, 'payments: INSERT payments', 'payments: charge'),
      ...below(paid, 'orders: UPDATE orders', 'orders: send events:orders > consumers: handle bestsellers'),
    ]
    await untilTold(() => expect(waysIn(paying)).toEqual(expect.arrayContaining(ways)))
  })

  test('parts lie within what they are parts of, and what comes later begins after it', () => {
    for (const { spans } of [placing, paying]) {
      const known = new Map(spans.map((span) => [span.id, span]))
      for (const { name, parentId, startMs } of spans)
        expect(startMs, name).toBeGreaterThanOrEqual((known.get(parentId ?? '')?.startMs ?? 0) - 1)
    }
  })

  test('a collector that the usual variable names is told of both as well', async () => {
    for (const { traceId } of [placing, paying])
      await expect.poll(() => collected.some((told) => told.includes(traceId)), WITHIN).toBe(true)
    expect(collected.filter((told) => !told.startsWith('POST /v1/traces {'))).toEqual([])
  })

  test('no value of a statement, no key of Redis and no e-mail address is told', () => {
    expect(JSON.stringify([placing, paying])).not.toMatch(/@example\.com|sess|tok_approved/)
  })

  test('the command draws both, by the id of the order, without a server', () => {
    const env = { ...process.env, OUTGROW_DATA: join(dirname(stage().stateFile), '../..') }
    const { stdout, stderr } = spawnSync(process.execPath, [MAIN, 'trace', orderId], { env, encoding: 'utf8', timeout: 50_000 })
    expect(stderr).toBe('')
    for (const { traceId } of [placing, paying]) expect(stdout).toContain(`trace ${traceId}`)
    expect(stdout).toMatch(/consumers-\d +.*do mail/)
  })

  test('the answer names the trace, and nobody is told which one to go on with', async () => {
    const forged = '4bf92f3577b34da6a3ce929d0e0e4736'
    const headers = { traceparent: `00-${forged}-00f067aa0ba902b7-01` }
    const answer = await fetch(`${stage().url}/products/prd_00042`, { headers })
    const named = answer.headers.get('x-trace-id') ?? ''
    const found = await vi.waitFor(async () => {
      const [trace] = await findTraces(folder(), named, 1)
      expect(trace?.spans.map(({ process }) => process.split('-')[0])).toEqual(expect.arrayContaining(['gateway', 'products']))
      return trace
    }, WITHIN)
    expect(found?.traceId).not.toBe(forged)
    expect(await findTraces(folder(), forged, 1)).toEqual([])
  })
})
