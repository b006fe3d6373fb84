import { once } from 'node:events'
import { Agent, request } from 'node:http'
import Type from 'typebox'
import { expect, onTestFinished, test } from 'vitest'
import { elsewhere } from '../../fixtures/other-process.ts'
import { recordSpans, wholesOf } from '../../fixtures/recorded-spans.ts'
import { identityOf } from '../calls/callers.ts'
import { remote } from '../calls/remote.ts'
import { ShopError } from '../http/errors.ts'
import { type App, createServer } from '../http/server.ts'
import { beginPart, beginSpan, inSpan } from '../process/span.ts'
import { traceRequests } from './traced-requests.ts'

const WITHIN = { timeout: 15_000, interval: 10 }
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const SCHEMA = { hide: true, body: Type.Object({}) }

function mount(app: App): void {
  traceRequests(app, (request) => identityOf(request) !== undefined)
  app.post('/internal/orders/:id', { schema: SCHEMA }, async () => {
    beginPart(() => ({ name: 'INSERT orders', kind: 'client' }))?.end()
    return {}
  })
  app.post('/internal/fail', { schema: SCHEMA }, async () => {
    throw new ShopError('UNAVAILABLE', 'why')
  })
}

test('a call is a part of its request, and what is done for it a part of the call', async () => {
  const call = remote(await elsewhere(mount))
  const told = recordSpans()
  const whole = beginSpan(() => ({ name: 'POST /orders', kind: 'server' }))
  await inSpan(whole, () => call('POST', '/internal/orders/ord_1?x=1', {}))
  const statement = told.find(({ name }) => name === 'INSERT orders')
  expect(statement && wholesOf(statement, told)).toEqual(['POST /internal/orders/:id', 'call elsewhere', 'POST /orders'])
  const [, , server] = told
  expect(server?.attributes).toMatchObject({ 'http.route': '/internal/orders/:id', 'url.path': '/internal/orders/ord_1' })
  await expect.poll(() => told.filter(({ ended }) => !ended).map(({ name }) => name), WITHIN).toEqual(['POST /orders'])
})

test('what comes after a body that was waited for is a part of its request', async () => {
  const app = createServer('app-1')
  onTestFinished(() => app.close())
  traceRequests(app, () => false)
  app.post('/orders', { schema: { hide: true } }, async () => {
    beginPart(() => ({ name: 'INSERT orders', kind: 'client' }))?.end()
    return {}
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const told = recordSpans()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  // On one connection, so that the second could be taken for a part of the first.
  for (const text of ['{}', '{}']) {
    const headers = { 'content-type': 'application/json', 'content-length': text.length }
    const client = request(`${url}/orders`, { method: 'POST', agent, headers })
    client.flushHeaders()
    await expect.poll(() => told.filter(({ ended }) => !ended).length, WITHIN).toBe(1)
    client.end(text)
    const [answer] = await once(client, 'response')
    await answer.toArray()
    await expect.poll(() => told.filter(({ ended }) => !ended), WITHIN).toEqual([])
  }
  const [first, part, second, other] = told
  expect([part?.parent, other?.parent]).toEqual([first?.traceparent, second?.traceparent])
})

test('what is asked for no request is told by nobody', async () => {
  const call = remote(await elsewhere(mount))
  const told = recordSpans()
  await call('POST', '/internal/orders/ord_1', {})
  expect(told).toEqual([])
})

test('what fails is told as failed, on both sides', async () => {
  const call = remote(await elsewhere(mount))
  const told = recordSpans()
  const whole = beginSpan(() => ({ name: 'POST /orders', kind: 'server' }))
  await expect(inSpan(whole, () => call('POST', '/internal/fail', {}))).rejects.toThrow('why')
  await expect.poll(() => told.map(({ error }) => error), WITHIN).toEqual([undefined, 'answered 503', 'answered 503'])
})

test('a trace that anybody names is not gone on with, where only our own processes are believed', async () => {
  const app = createServer('app-1')
  onTestFinished(() => app.close())
  traceRequests(app, (request) => identityOf(request) !== undefined)
  app.get('/products', { schema: { hide: true } }, async () => ({}))
  const told = recordSpans()
  const { headers } = await app.inject({ url: '/products', headers: { traceparent: TRACEPARENT } })
  expect(headers['x-trace-id']).not.toBe(TRACEPARENT.split('-')[1])
  expect(told.map(({ parent }) => parent)).toEqual([undefined])
})

test('a client that goes before its answer ends the span', async () => {
  const app = createServer('app-1')
  onTestFinished(() => app.close())
  traceRequests(app, () => false)
  const { promise: never, resolve } = Promise.withResolvers<object>()
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
  app.get('/slow', { schema: { hide: true } }, () => {
    isAsked()
    return never
  })
  const told = recordSpans()
  const client = new AbortController()
  const answer = fetch(`${await app.listen({ host: '127.0.0.1', port: 0 })}/slow`, { signal: client.signal })
  await asked
  client.abort()
  await expect(answer).rejects.toThrow()
  await expect.poll(() => told.map(({ error }) => error), WITHIN).toEqual(['the client had gone before the answer'])
  resolve({})
})
