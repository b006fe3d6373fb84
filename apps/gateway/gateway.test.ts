/** What reaches a service through the gateway: its own words and nothing else that a client wrote. */
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { startTestRedis } from '../../infra/redis/test-server.ts'
import { newToken } from '../users/sessions.ts'
import { ADA, gatewayWithSession, identityIn, PROXY_KEY, startGateway } from './test-gateway.ts'

describe('with a session in Redis', () => {
  let at: Awaited<ReturnType<typeof gatewayWithSession>>
  beforeEach(async () => {
    at = await gatewayWithSession()
    return at.stop
  })

  test('each path goes to whose it is', async () => {
    const paths = ['/sessions/current', '/products', '/products/bestsellers', '/products/prd_1', '/orders/ord_1', '/cart']
    for (const path of paths) expect((await fetch(at.url + path)).status).toBe(200)
    await fetch(`${at.url}/orders/ord_1/payments`, { method: 'POST' })
    expect(at.asked().sort()).toEqual([
      'orders: GET /cart',
      'orders: GET /orders/ord_1',
      'orders: GET /products/bestsellers',
      'payments: POST /orders/ord_1/payments',
      'products: GET /products',
      'products: GET /products/prd_1',
      'users: GET /sessions/current',
    ])
  })

  test('a service is told who asks, by our word alone', async () => {
    await fetch(`${at.url}/orders`, { headers: { cookie: `sid=${at.token}` } })
    expect(await identityIn('orders', at.lastOf('orders'))).toEqual({ caller: 'gateway', user: ADA, address: '127.0.0.1' })
    await fetch(`${at.url}/orders`, { headers: { cookie: 'sid=00forged' } })
    expect(await identityIn('orders', at.lastOf('orders'))).toMatchObject({ user: null })
    await fetch(`${at.url}/orders`)
    expect(await identityIn('orders', at.lastOf('orders'))).toEqual({ caller: 'gateway', address: '127.0.0.1' })
  })

  test('nothing that a client writes looks like our own', async () => {
    const forged = {
      authorization: 'Bearer forged',
      'x-user-id': 'usr_admin',
      'x-forwarded-for': '192.0.2.1',
      forwarded: 'for=192.0.2.1',
      'x-request-start': '1',
      'x-proxy-key': 'guessed',
      'x-served-by': 'me',
      'x-http-method-override': 'DELETE',
      te: 'trailers',
      'proxy-authorization': 'x',
      cookie: `sid=${at.token}; other=1`,
      'user-agent': 'curl',
    }
    await fetch(`${at.url}/orders`, {
      method: 'POST',
      headers: { ...forged, 'content-type': 'application/json', 'idempotency-key': 'k' },
      body: '{}',
    })
    const { headers, body, method } = at.lastOf('orders')
    expect([method, body]).toEqual(['POST', '{}'])
    expect(Object.keys(headers).sort()).toEqual(
      [
        'accept',
        'authorization',
        'connection',
        'content-length',
        'content-type',
        'host',
        'idempotency-key',
        'x-request-start',
      ].sort(),
    )
    expect(await identityIn('orders', { headers })).toEqual({ caller: 'gateway', user: ADA, address: '127.0.0.1' })
    expect(Number(headers['x-request-start'])).toBeGreaterThan(Date.now() - 60_000)
  })

  test('the edge’s word for where a client is counts, if it is the edge’s', async () => {
    const sentAt = Date.now()
    const said = { 'x-forwarded-for': '192.0.2.7', 'x-proxy-key': PROXY_KEY, 'x-request-start': String(sentAt - 1_500) }
    await fetch(`${at.url}/orders`, { headers: said })
    const { headers } = at.lastOf('orders')
    expect(await identityIn('orders', { headers })).toMatchObject({ address: '192.0.2.7' })
    // Without the edge's word it would have begun when it came to the gateway.
    expect(Number(headers['x-request-start'])).toBeLessThan(sentAt)
  })

  test('the cookie goes to those alone who end its session', async () => {
    const headers = { cookie: `a=1; sid=${at.token}; b=2` }
    for (const path of ['/orders', '/products/prd_1']) await fetch(at.url + path, { headers })
    await fetch(`${at.url}/sessions/current`, { method: 'DELETE', headers })
    expect([at.lastOf('orders').headers.cookie, at.lastOf('products').headers.cookie]).toEqual([undefined, undefined])
    expect(at.lastOf('users').headers.cookie).toBe(`sid=${at.token}`)
  })

  test('a body is passed on byte by byte, and none larger than the shop takes', async () => {
    const body = JSON.stringify({ name: 'Ünïcödé 👩‍👩‍👧'.repeat(500) })
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    await fetch(`${at.url}/users`, { method: 'POST', headers, body })
    expect(at.lastOf('users').body).toBe(body)
    expect((await fetch(`${at.url}/users`, { method: 'POST', headers, body: 'x'.repeat(65_537) })).status).toBe(413)
    expect(at.stubs.users.seen).toHaveLength(1)
  })

  test('an answer comes back as it is, but for what concerns one connection', async () => {
    at.stubs.orders.answer = (_request, response) => {
      response.writeHead(409, {
        'content-type': 'application/problem+json',
        'x-served-by': 'orders-2',
        'retry-after': '1',
        'keep-alive': 'timeout=9',
      })
      response.end('{"code":"OUT_OF_STOCK"}')
    }
    const answer = await fetch(`${at.url}/orders`, { method: 'POST' })
    const named = ['content-type', 'x-served-by', 'retry-after', 'cache-control'].map((name) => answer.headers.get(name))
    expect([answer.status, await answer.text(), ...named]).toEqual([
      409,
      '{"code":"OUT_OF_STOCK"}',
      'application/problem+json',
      'orders-2',
      '1',
      'no-store',
    ])
  })

  test('what a service streams flows through, and a client that leaves is told to it', async () => {
    const { promise: left, resolve } = Promise.withResolvers<void>()
    at.stubs.orders.answer = (_request, response) => {
      response.once('close', resolve)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n')
    }
    const { promise: first, resolve: come } = Promise.withResolvers<string>()
    const client = httpRequest(`${at.url}/orders/ord_1`, (response) => response.once('data', (bytes) => come(String(bytes))))
    client.on('error', () => {})
    client.end()
    expect(await first).toBe('data: 1\n\n')
    client.destroy()
    await left
  })

  test('so many may follow orders at once, for as long as they like, and no request waits for them', async () => {
    at.stubs.orders.answer = (request, response) => {
      if (!request.url?.endsWith('/events')) return void response.end('"done"')
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('retry: 1000\n\n')
    }
    const streams = await Promise.all(Array.from({ length: 64 }, () => follow(at.url)))
    expect(streams.filter(({ status }) => status === 200)).toHaveLength(64)
    const more = await follow(at.url)
    expect([more.status, more.retryAfter]).toEqual([503, '5'])
    expect((await fetch(`${at.url}/orders`)).status).toBe(200)
    for (const { leave } of [...streams, more]) leave()
    const again = async () => {
      const { status, leave } = await follow(at.url)
      leave()
      return status
    }
    await expect.poll(again).toBe(200)
  })

  test('a read that was cut off is sent again, within a budget; anything else is not', async () => {
    let failures = 0
    at.stubs.orders.answer = (request, response) => {
      if (failures-- > 0) request.socket.destroy()
      else response.end('"done"')
    }
    failures = 1
    expect((await fetch(`${at.url}/orders`)).status).toBe(200)
    failures = 1
    const failed = await fetch(`${at.url}/orders`, { method: 'POST' })
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '1'])
    const before = at.stubs.orders.seen.length
    failures = Number.POSITIVE_INFINITY
    for (let turn = 0; turn < 40; turn += 1) expect((await fetch(`${at.url}/orders`)).status).toBe(503)
    const sent = at.stubs.orders.seen.length - before
    expect(sent).toBeGreaterThan(40)
    expect(sent).toBeLessThanOrEqual(40 + 10 + 5)
  })

  test('an answer that breaks off in the middle is no answer', async () => {
    at.stubs.orders.answer = (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '10' })
      response.write('{"a', () => request.socket.destroy())
    }
    const answer = await fetch(`${at.url}/orders`, { method: 'POST' })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, 'UNAVAILABLE'])
  })

  test('who is not there is said to be away, and when to come again', async () => {
    const { port } = at.stubs.products
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
    at.stubs.products.answer = (_request, response) => void response.socket?.destroy()
    const answer = await fetch(`${at.url}/products/prd_1`)
    expect([answer.status, ((await answer.json()) as { code: string }).code, answer.headers.get('retry-after')]).toEqual([
      503,
      'UNAVAILABLE',
      '1',
    ])
    expect((await fetch(`${at.url}/orders`)).status).toBe(200)
  })
})

test('where sessions cannot be read it is said that nobody is known, and what needs nobody goes on', async () => {
  const server = await startTestRedis({ role: 'state' })
  onTestFinished(server.stop)
  const at = await startGateway(server.url)
  onTestFinished(at.stop)
  await server.stop()
  const answer = await fetch(`${at.url}/products`, { headers: { cookie: `sid=${newToken(ADA.id)}` } })
  expect(answer.status).toBe(200)
  expect(await identityIn('products', at.lastOf('products'))).toMatchObject({ unknown: true })
})

test('with explain=off nobody who comes through the edge is told of hosts and queries', async () => {
  const at = await startGateway(inject('redisUrl'), ['explain=off'])
  onTestFinished(at.stop)
  const through = { 'x-proxy-key': PROXY_KEY, 'x-explain': '1' }
  const paths = ['/health/ready', '/metrics', '/topology', '/health/live', '/products']
  const answers = await Promise.all(paths.map((path) => fetch(at.url + path, { headers: through })))
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 200, 200])
  expect(answers.map(({ headers }) => headers.get('server-timing'))).toEqual(paths.map(() => null))
  // Who watches it asks past the edge.
  expect((await fetch(`${at.url}/metrics`)).status).toBe(200)
})

/** On a connection of its own. */
async function follow(url: string) {
  const asking = httpRequest(`${url}/orders/ord_1/events`, { agent: false })
  asking.on('error', () => {}) // It leaves.
  const [response]: IncomingMessage[] = await once(asking.end(), 'response')
  return { status: response?.statusCode, retryAfter: response?.headers['retry-after'], leave: () => asking.destroy() }
}
