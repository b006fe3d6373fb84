/**
 * No route that a shopper uses asks more than one of the customers' servers: one that hangs is then the affair of its own customers. Every
 * route of the description is asked, and its answer names the servers that have worked on it.
 */
import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { bucketOfEmail } from '../../apps/platform/process/buckets.ts'
import { type Answer, type CallOptions, type Client, clientOf } from '../contract/client.ts'
import { type OpenApi, operationsOf } from '../contract/http/openapi.ts'
import { adminOf, DEMO_PASSWORD, freshProduct, logIn, registration } from '../contract/people.ts'
import type { Order, ProductPage, User } from '../contract/shapes.ts'
import { sharedStage } from './shared-stage.ts'

const stage = sharedStage(5)

/** One who is asked for by one route after the other. */
type Visitor = { readonly email: string; readonly product: ProductPage; readonly client: Client; readonly orders: Order[] }
type Route = (visitor: Visitor, options: CallOptions) => Promise<Answer<unknown>>

const log = (...[{ client, email }, options]: Parameters<Route>) =>
  client.post('/sessions', { email, password: DEMO_PASSWORD }, options)
const look =
  (path: string): Route =>
  ({ client }, options) =>
    client.get(path, options)

async function order({ client, product, orders }: Visitor, options: CallOptions, fromCart = false): Promise<Answer<Order>> {
  const body = fromCart ? { fromCart } : { items: [{ productId: product.id, quantity: 1 }] }
  const answer = await client.post<Order>('/orders', body, { ...options, key: randomUUID() })
  if (answer.status === 201) orders.unshift(answer.body)
  return answer
}

const idOf = ({ orders }: Visitor) => orders[0]?.id ?? ''

/** In an order in which each succeeds. */
const ROUTES: Readonly<Record<string, Route>> = {
  'POST /users': ({ client, email }, options) =>
    client.post('/users', { ...registration(), email, password: DEMO_PASSWORD }, options),
  'POST /sessions': log,
  'GET /sessions/current': look('/sessions/current'),
  'POST /verification-codes': ({ client, email }, options) => client.post('/verification-codes', { email }, options),
  'POST /verifications': ({ client, email }, options) => client.post('/verifications', { email, code: '000000' }, options),
  'GET /products': look('/products?category=cat_50'),
  'GET /products/{}': ({ client, product }, options) => client.get(`/products/${product.id}`, options),
  'GET /products/bestsellers': look('/products/bestsellers'),
  'GET /products/recently-viewed': look('/products/recently-viewed'),
  'PUT /cart/items/{}': ({ client, product }, options) =>
    client.call('PUT', `/cart/items/${product.id}`, { ...options, json: { quantity: 2 } }),
  'GET /cart': look('/cart'),
  'POST /orders': async (visitor, options) => {
    await order(visitor, {})
    return order(visitor, options, true)
  },
  'GET /orders': look('/orders'),
  'GET /orders/{}': (visitor, options) => visitor.client.get(`/orders/${idOf(visitor)}`, options),
  'POST /orders/{}/cancellation': (visitor, options) =>
    visitor.client.post(`/orders/${idOf(visitor)}/cancellation`, undefined, options),
  'POST /orders/{}/payments': async (visitor, options) => {
    await order(visitor, {})
    return visitor.client.post(`/orders/${idOf(visitor)}/payments`, { card: 'tok_approved' }, { ...options, key: randomUUID() })
  },
  'DELETE /sessions/current': ({ client }, options) => client.delete('/sessions/current', options),
  'DELETE /sessions': async (visitor, options) => {
    await log(visitor, {})
    return visitor.client.delete('/sessions', options)
  },
}

const OPERATORS = /^\w+ \/(?:health|metrics|topology|openapi|docs|admin)|^PATCH|flash-sale$/
const EXPLAIN = { headers: { 'x-explain': '1' } }

/** The customers' servers that have worked on this answer. */
function shardsOf({ headers }: Answer<unknown>): string[] {
  const named = String(headers['server-timing']).matchAll(/desc="(?:bucket_\d\d on )?(shard-\d+)/g)
  return [...new Set([...named].map(([, shard = '']) => shard))].toSorted()
}

/** An address of this bucket. */
function emailIn(bucket: string): string {
  for (;;) {
    const { email } = registration()
    if (bucketOfEmail(email) === bucket) return email
  }
}

let visitors: Visitor[]
beforeAll(async () => {
  const product = await freshProduct(stage(), 1_000)
  visitors = ['05', '60'].map((bucket) => ({ email: emailIn(bucket), product, client: clientOf(stage()), orders: [] }))
})

test('every route is a shopper’s, and asked here, or one of those who run the shop', async () => {
  const { body } = await clientOf(stage()).get<OpenApi>('/openapi.json')
  const labels = operationsOf(body).map(({ label }) => label)
  expect(labels.filter((label) => !OPERATORS.test(label)).toSorted()).toEqual(Object.keys(ROUTES).toSorted())
})

test('each of a shopper’s routes asks the shopper’s own server, or none', async () => {
  const homes: string[][] = []
  for (const visitor of visitors) {
    const asked = new Map<string, string[]>()
    for (const [label, route] of Object.entries(ROUTES)) {
      const answer = await route(visitor, EXPLAIN)
      expect([label, answer.status, answer.text]).toEqual([
        label,
        label === 'POST /verifications' ? 400 : expect.toBeOneOf(OK),
        answer.text,
      ])
      asked.set(label, shardsOf(answer))
    }
    const home = asked.get('POST /users') ?? []
    expect(home).toHaveLength(1)
    const astray = [...asked].filter(([, shards]) => shards.length > 0 && String(shards) !== String(home))
    expect(astray, `asked others than ${home}`).toEqual([])
    homes.push(home)
  }
  expect(new Set(homes.flat()).size, 'servers of the visitors').toBe(visitors.length)
})

const OK = [200, 201, 202, 204]

test('what belongs to a customer of another server is looked for on one', async () => {
  const [one, other] = visitors as [Visitor, Visitor]
  await logIn(one.client, one.email, DEMO_PASSWORD)
  const answer = await one.client.get<User>(`/orders/${idOf(other)}`, EXPLAIN)
  expect([answer.status, shardsOf(answer).length <= 1]).toEqual([404, true])
})

test.each(['/admin/orders', '/admin/sales'])('%s asks all of them, and its answer names them', async (path) => {
  const answer = await (await adminOf(stage())).get(path, EXPLAIN)
  expect([answer.status, shardsOf(answer)]).toEqual([200, ['shard-1', 'shard-2', 'shard-3', 'shard-4']])
})
