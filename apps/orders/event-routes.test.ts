import { once } from 'node:events'
import cookie from '@fastify/cookie'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { type EventParts, eventParts, goOn, STREAM } from '../fixtures/event-parts.ts'
import { items, requestFor } from '../fixtures/order-requests.ts'
import { type ShopDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import { readStatuses, type ToldStatus } from '../fixtures/told-statuses.ts'
import { liveEvents } from '../platform/events/live.ts'
import { answerInOneVoice } from '../platform/http/api.ts'
import { type App, createServer } from '../platform/http/server.ts'
import { parseRedisUrl } from '../platform/redis/address.ts'
import { connectSubscriber } from '../platform/redis/redis.ts'
import { NO_GATE } from '../products/flash-sales/gate.ts'
import { visitorsBySession } from '../users/authentication.ts'
import type { User } from '../users/schemas.ts'
import { announceInOutbox } from './announce.ts'
import { checkoutTransaction } from './checkout-transaction.ts'
import { orderEventsRoutes } from './event-routes.ts'
import type { Order } from './order.ts'
import { makeOrders, type Orders } from './orders.ts'

const WITHIN = { timeout: 15_000, interval: 10 }
const people = new Map(['00', '01'].map((bucket) => [`token-${bucket}`, { id: `usr_${bucket}` } as User]))

let parts: EventParts
let shop: ShopDatabase
let orders: Orders
const closing: (() => unknown)[] = []
beforeEach(async () => {
  parts = await eventParts(inject('databaseUrl'), inject('redisUrl'))
  shop = await shopDatabase(inject('databaseUrl'), [{ id: 'prd_1', stock: 1_000 }])
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  await shop.close()
  await parts.close()
})

/** One of several processes of a service: its URL. */
async function startApp(leaving = new AbortController()): Promise<string> {
  const app: App = createServer('app-1')
  answerInOneVoice(app, 'app-1')
  await app.register(cookie)
  const subscriber = connectSubscriber(parseRedisUrl('the events', parts.redisUrl))
  if (subscriber.status !== 'ready') await once(subscriber, 'ready')
  const live = liveEvents(await parts.connect(), subscriber, STREAM)
  const visitors = visitorsBySession({ findBySession: async (token) => people.get(token) })
  orderEventsRoutes(app, { visitors, orders, live, draining: leaving.signal })
  closing.push(
    live.close,
    () => app.close(),
    () => leaving.abort(),
  )
  return app.listen({ host: '127.0.0.1', port: 0 })
}

type Follow = { readonly token?: string; readonly after?: string }
async function follow(url: string, id: string, { token = 'token-00', after }: Follow = {}) {
  const leaving = new AbortController()
  const headers = { cookie: `sid=${token}`, ...(after && { 'last-event-id': after }) }
  const response = await fetch(`${url}/orders/${id}/events`, { headers, signal: leaving.signal })
  const told: ToldStatus[] = []
  const leave = async () => leaving.abort()
  closing.push(leave)
  if (response.ok) void readStatuses(response, told).catch(() => {})
  return { response, told, statuses: () => told.map(({ status }) => status), leave }
}

/** The outbox of the other database has the events; what is in the orders' own is not looked at. */
async function ordered(): Promise<Order> {
  const wanted = items(['prd_1', 1])
  return (await orders.place(requestFor(wanted, { userId: 'usr_00' }), { items: wanted })).value
}
const paid = async (order: Order) => {
  await orders.claimForPayment('usr_00', order.id, 'pay_1')
  await orders.markPaid('usr_00', order, 'pay_1')
}
let relaying: () => Promise<void>
const relayAll = async () => {
  await goOn(
    relaying,
    async () => (await parts.db.selectFrom('outbox').where('sent_ms', 'is', null).select('id').execute()).length === 0,
  )
}

beforeEach(() => {
  relaying = parts.relay()
  const announce: typeof announceInOutbox = (_trx, type, order) =>
    parts.db.transaction().execute((trx) => announceInOutbox(trx as never, type, order))
  orders = makeOrders(shop, { checkout: checkoutTransaction(shop, announce), gate: NO_GATE, subscribers: [], announce })
})

test('whoever follows an order is told how it stands, and of each change, through any process', async () => {
  const [one, other] = [await startApp(), await startApp()]
  const order = await ordered()
  await relayAll()
  const followers = [await follow(one, order.id), await follow(other, order.id)]
  const { headers } = followers[0]?.response ?? {}
  expect(['content-type', 'cache-control'].map((name) => headers?.get(name))).toEqual(['text/event-stream', 'no-store'])
  for (const { statuses } of followers) await expect.poll(statuses, WITHIN).toEqual(['placed'])
  await paid(order)
  await relayAll()
  for (const { statuses } of followers) await expect.poll(statuses, WITHIN).toEqual(['placed', 'paid'])
})

test('a process that leaves ends its streams, and whoever comes to it still is told to go elsewhere', async () => {
  const leaving = new AbortController()
  const url = await startApp(leaving)
  const order = await ordered()
  await relayAll()
  const first = await fetch(`${url}/orders/${order.id}/events`, { headers: { cookie: 'sid=token-00' } })
  leaving.abort()
  expect(await first.text()).toContain('placed')
  const late = await fetch(`${url}/orders/${order.id}/events`, { headers: { cookie: 'sid=token-00' } })
  expect(late.headers.get('connection')).toBe('close')
  expect(await late.text()).toContain('retry: ')
})

test('whoever comes back is told what came while it was away, and nothing twice', async () => {
  const url = await startApp()
  const order = await ordered()
  const others = [await ordered(), await ordered()]
  await relayAll()
  const first = await follow(url, order.id)
  await expect.poll(first.statuses, WITHIN).toEqual(['placed'])
  await first.leave()
  await paid(order)
  for (const one of others) await orders.cancel('usr_00', one.id)
  await relayAll()
  const back = await follow(url, order.id, { after: first.told[0]?.id ?? '' })
  await expect.poll(back.statuses, WITHIN).toEqual(['paid'])
})

test('whoever was away for longer than the stream remembers is told how things stand', async () => {
  const url = await startApp()
  const order = await ordered()
  await relayAll()
  await paid(order)
  await relayAll()
  await parts.lab.xtrim(STREAM, 'MAXLEN', 0)
  const back = await follow(url, order.id, { after: '1-0' })
  await expect.poll(back.statuses, WITHIN).toEqual(['paid'])
})

test('what is published while the connection to Redis is away is told when it is back', async () => {
  const url = await startApp()
  const order = await ordered()
  await relayAll()
  const follower = await follow(url, order.id)
  await expect.poll(follower.statuses, WITHIN).toEqual(['placed'])
  await paid(order)
  await parts.lab.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await relayAll()
  await expect.poll(follower.statuses, WITHIN).toEqual(['placed', 'paid'])
})

describe('nobody follows', () => {
  test('an order of somebody else, or without a session', async () => {
    const url = await startApp()
    const order = await ordered()
    const stranger = await follow(url, order.id, { token: 'token-01' })
    expect(stranger.response.status).toBe(404)
    expect((await follow(url, order.id, { token: 'nobody' })).response.status).toBe(401)
  })

  test('from a place that is none', async () => {
    const url = await startApp()
    const order = await ordered()
    expect((await follow(url, order.id, { after: 'yesterday' })).response.status).toBe(400)
  })

  test('with more than so many streams at once', async () => {
    const url = await startApp()
    const order = await ordered()
    for (let number = 0; number < 10; number++) expect((await follow(url, order.id)).response.status).toBe(200)
    expect((await follow(url, order.id)).response.status).toBe(429)
  })
})
