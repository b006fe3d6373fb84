import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { placeFirstOrder } from './first-order.ts'

const GOOD: Record<string, [status: number, body: unknown]> = {
  'POST /sessions': [201, { id: 'usr_1' }],
  'GET /products?limit=100': [200, { items: [{ id: 'prd_1', stock: 0 }], nextCursor: 'n/2' }],
  'GET /products?limit=100&cursor=n%2F2': [200, { items: [{ id: 'prd_2', stock: 1 }], nextCursor: null }],
  'POST /orders': [201, { id: 'ord_1' }],
  'POST /orders/ord_1/payments': [201, { id: 'pay_1' }],
  'DELETE /sessions/current': [204, undefined],
}

it('logs in, orders something in stock, pays it and logs out', async () => {
  const { url, seen } = await shop(GOOD)
  await placeFirstOrder(url)
  expect(seen).toEqual(Object.keys(GOOD).map((call, index) => `${call} ${index === 0 ? '' : 'sid=abc'}`))
})

it.each([
  ['POST /sessions', 'log in'],
  ['GET /products?limit=100', 'list products'],
  ['POST /orders', 'place an order'],
  ['POST /orders/ord_1/payments', 'pay the order'],
  ['DELETE /sessions/current', 'log out'],
])('names the step and the answer when %s fails', async (call, step) => {
  const { url } = await shop({ ...GOOD, [call]: [503, { code: 'UNAVAILABLE', detail: 'the database is away' }] })
  await expect(placeFirstOrder(url)).rejects.toThrow(
    `the first order failed at the step "${step}": it answered 503 UNAVAILABLE: the database is away`,
  )
})

async function shop(answers: typeof GOOD): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    const call = `${request.method} ${request.url}`
    seen.push(`${call} ${request.headers.cookie ?? ''}`)
    const [status, body] = answers[call] ?? [404, {}]
    request.resume()
    response.writeHead(status, { 'set-cookie': 'sid=abc; Path=/; Secure' })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}
