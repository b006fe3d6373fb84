import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { recordSpans, wholesOf } from '../fixtures/recorded-spans.ts'
import { gatewayWithSession, identityIn, type TestGateway } from './test-gateway.ts'

const FORGED = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

describe('a gateway that tells of requests', () => {
  let at: TestGateway & { readonly token: string }
  beforeAll(async () => {
    at = await gatewayWithSession(['tracing=on'])
    return at.stop
  })
  beforeEach(() => {
    for (const stub of Object.values(at.stubs)) stub.seen.length = 0
  })

  const order = (headers: Record<string, string> = {}) => {
    const own = { cookie: `sid=${at.token}`, 'content-type': 'application/json', 'idempotency-key': 'once' }
    return fetch(`${at.url}/orders`, { method: 'POST', headers: { ...own, ...headers }, body: '{}' })
  }

  test('names the trace in its answer, and the service is told to go on with it', async () => {
    const told = recordSpans()
    const answer = await order()
    const [, traceId, spanId] = String(at.lastOf('orders').headers.traceparent).split('-')
    expect(answer.headers.get('x-trace-id')).toBe(traceId)
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    const call = told.find(({ name }) => name === 'call orders')
    expect(call?.traceparent.split('-')[2]).toBe(spanId)
    expect(call && wholesOf(call, told)).toEqual(['POST /orders'])
    expect(call?.attributes).toMatchObject({ 'outgrow.copy': 'orders-1', 'http.response.status_code': 200 })
  })

  test('tells of the session that it reads in Redis, as a part of the request', async () => {
    const told = recordSpans()
    await order()
    const redis = told.filter(({ attributes }) => attributes['db.system.name'] === 'redis')
    expect(redis.length).toBeGreaterThan(0)
    for (const span of redis) expect(wholesOf(span, told)).toEqual(['POST /orders'])
    // Its key has a secret in it.
    expect(JSON.stringify(told)).not.toContain(at.token)
  })

  test('goes on with no trace that a client names, and passes nothing of it on', async () => {
    const told = recordSpans()
    const answer = await order({ traceparent: FORGED, tracestate: 'evil=1', baggage: 'a=b', 'x-trace-id': 'mine' })
    expect(answer.headers.get('x-trace-id')).not.toBe(FORGED.split('-')[1])
    const { headers } = at.lastOf('orders')
    expect(headers.traceparent).not.toContain(FORGED.split('-')[1])
    expect([headers.tracestate, headers.baggage, headers['x-trace-id']]).toEqual([undefined, undefined, undefined])
    expect(told.filter(({ parent }) => parent?.includes(FORGED.split('-')[1] ?? ''))).toEqual([])
    expect((await identityIn('orders', { headers })).caller).toBe('gateway')
  })

  test('is not kept busy by a header without end', async () => {
    recordSpans()
    const answer = await order({ traceparent: `00-${'4'.repeat(8_000)}` })
    expect(answer.status).toBe(200)
    expect(String(at.lastOf('orders').headers.traceparent)).toHaveLength(55)
    expect((await order({ traceparent: '4'.repeat(20_000) })).status).toBe(431)
  })

  test('tells nothing of who only looks whether it lives', async () => {
    const told = recordSpans()
    const answer = await fetch(`${at.url}/health/live`)
    expect(answer.headers.get('x-trace-id')).toBeNull()
    expect(told).toEqual([])
  })
})

test('a gateway that tells nobody names no trace', async () => {
  const at = await gatewayWithSession()
  const answer = await fetch(`${at.url}/products/prd_1`, { headers: { traceparent: FORGED } })
  expect(answer.headers.get('x-trace-id')).toBeNull()
  expect(at.lastOf('products').headers.traceparent).toBeUndefined()
  await at.stop()
})
