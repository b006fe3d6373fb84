/** Tricks on the wire: one path may not be two things, nor one request two. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exchange } from '../../stages/contract/http/raw-connection.ts'
import { gatewayWithSession, type TestGateway } from './test-gateway.ts'

describe('the gateway', () => {
  let at: TestGateway
  beforeAll(async () => {
    at = await gatewayWithSession()
    return at.stop
  })
  beforeEach(() => {
    for (const stub of Object.values(at.stubs)) stub.seen.length = 0
  })

  test.each([
    ['//orders', undefined],
    ['/orders//', undefined],
    ['/Orders', undefined],
    ['/ORDERS/ord_1', undefined],
    ['/internal/stock/take', undefined],
    ['/internal/orders/find', undefined],
    ['/orders/..', undefined],
    ['/orders/%2e', undefined],
    ['/orders/../internal/stock/take', undefined],
    ['/orders/%2e%2e/internal/stock/take', undefined],
    ['/products/%2e%2e%2finternal%2fproducts%2fprd_1', 'products: GET /products/..%2Finternal%2Fproducts%2Fprd_1'],
    ['/products/%252e%252e', 'products: GET /products/%252e%252e'],
    ['/products/a%2fb', 'products: GET /products/a%2Fb'],
    ['/products/a%00b', 'products: GET /products/a%00b'],
    ['/%70roducts/prd_1', 'products: GET /products/prd_1'],
    ['/products/prd_1?x=/../internal', 'products: GET /products/prd_1?x=/../internal'],
    ['/products/prd_1#/internal', 'products: GET /products/prd_1?/internal'],
    ['/products/%zz', undefined],
    ['/products;x=1', undefined],
    // Not as the edge tells streams from other requests.
    ['/orders/ord_1/%65vents', undefined],
    ['/orders/ord_1/events', 'orders: GET /orders/ord_1/events'],
    ['/products\\prd_1', undefined],
    ['http://127.0.0.1/internal/stock/take', undefined],
    // Absolute, as proxies are asked: whatever host it names, it is this one’s path.
    ['http://evil.example/orders', 'orders: GET /orders'],
    ['*', undefined],
  ])('the path %s is understood once', async (path, reaches) => {
    const { statuses } = await exchange(at, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
    expect(at.asked()).toEqual(reaches === undefined ? [] : [reaches])
    if (reaches === undefined) expect([400, 404]).toContain(statuses[0])
  })

  const HEAD = 'POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n'
  const SMUGGLED = 'GET /admin/orders HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'

  test.each([
    ['a length and chunks', `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
    ['two lengths', `${HEAD}Content-Length: 0\r\nContent-Length: 60\r\n\r\n${SMUGGLED}`],
    ['chunks that are none', `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
    ['a length that is none', `${HEAD}Content-Length: +0\r\n\r\n${SMUGGLED}`],
    ['two hosts', `GET /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n`],
    ['a head within a body', `${HEAD}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`],
  ])('no second request goes through with the first: %s', async (_what, bytes) => {
    const { statuses } = await exchange(at, bytes)
    expect(at.asked().filter((line) => line.includes('admin'))).toEqual([])
    expect(statuses.length).toBeLessThanOrEqual(1)
  })
})
