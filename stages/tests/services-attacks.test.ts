/** Somebody who has found the ports of the services, or tries to look like one of the shop's own through its front door. */
import type { Redis } from 'ioredis'
import { createConnection } from 'mysql2/promise'
import { describe, expect, it } from 'vitest'
import { INTERNAL_PATHS as ORDERS } from '../../apps/orders/paths.ts'
import { signer } from '../../apps/platform/calls/identity.ts'
import { KEYS } from '../../apps/platform/redis/keys.ts'
import { INTERNAL_PATHS as PRODUCTS, STOCK_PATHS as STOCK } from '../../apps/products/paths.ts'
import { INTERNAL_PATHS as USERS } from '../../apps/users/paths.ts'
import { redisPassword, secretsIn } from '../../infra/local/state/secrets.ts'
import { askRedis } from '../../infra/redis/server.ts'
import { clientOf } from '../contract/client.ts'
import { exchange } from '../contract/http/raw-connection.ts'
import { newShopper, placeOrder, stockOf } from '../contract/people.ts'
import { expectProblem, type Order, type User } from '../contract/shapes.ts'
import { stateOf } from './running-stages.ts'
import { sharedStage } from './shared-stage.ts'

const target = sharedStage(6)
const ADMIN = { id: 'usr_admin_19', email: 'admin@example.com', name: 'Admin', role: 'admin' }
const SERVICES = ['users', 'products', 'orders', 'payments']

const portOf = (name: string) => stateOf(target()).programs.find((program) => program.name === name)?.port
const past = (name: string) => clientOf({ url: `http://127.0.0.1:${portOf(name)}` })
const forged = (to: string, purpose: 'visits' | 'calls', from = 'gateway') =>
  signer({ from, to, secret: 'guessed', purpose })({ user: ADMIN, address: '127.0.0.1' })

const PUBLIC = [
  'users-1 GET /sessions/current',
  'products-1 GET /products/prd_00001',
  'orders-1 GET /orders',
  'orders-2 GET /admin/orders',
]
const INTERNAL = [
  ['users-1', 'POST', USERS.revokedSessions, { after: '', most: 10 }],
  ['users-1', 'GET', USERS.recentlyViewed('usr_shopper_0001_46'), undefined],
  ['products-1', 'POST', STOCK.take, { orderId: 'ord_1', items: [{ productId: 'prd_00001', quantity: 1 }] }],
  ['products-2', 'PATCH', PRODUCTS.page('prd_00001'), { priceCents: 1 }],
  ['orders-1', 'POST', ORDERS.markPaid, { userId: 'usr_1', order: { id: 'ord_1', items: [] }, paymentId: 'pay_1' }],
] as const

describe('a service that is asked past its front door', () => {
  it.each(PUBLIC)('believes nobody who is not it: %s', async (line) => {
    const [name = '', method = '', path = ''] = line.split(' ')
    const service = name.split('-', 1)[0] ?? ''
    const tokens = [undefined, 'guessed', await forged(service, 'visits'), await forged(service, 'calls')]
    for (const token of tokens) {
      const headers = { 'x-user-id': ADMIN.id, 'x-proxy-key': 'guessed', ...(token && { authorization: `Bearer ${token}` }) }
      expectProblem(await past(name).call(method, path, { headers }), 401, 'UNSIGNED')
    }
  })

  it('does not take a session for a token', async () => {
    const { client } = await newShopper(target())
    const headers = { cookie: `sid=${client.sid}` }
    for (const name of ['users-1', 'orders-1'])
      expectProblem(await past(name).get(name === 'users-1' ? '/sessions/current' : '/orders', { headers }), 401, 'UNSIGNED')
  })

  it.each(INTERNAL)('has nothing for strangers inside: %s %s %s', async (name, method, path, json) => {
    const service = name.split('-', 1)[0] ?? ''
    for (const from of ['gateway', ...SERVICES]) {
      const headers = { authorization: `Bearer ${await forged(service, 'calls', from)}` }
      expectProblem(await past(name).call(method, path, { json, headers }), 404, 'NOT_FOUND')
    }
  })
})

/** As somebody who has read all that one service is told. */
describe('what a service knows', () => {
  const enter = ({ port }: URL, { username, password }: URL) =>
    createConnection({ host: '127.0.0.1', port: Number(port), user: username, password, database: 'shop' })

  it('opens its own database and no other', async () => {
    const databases = stateOf(target()).databases.map(({ url }) => new URL(url))
    expect(databases).toHaveLength(SERVICES.length + 1)
    for (const [index, own] of databases.entries()) {
      const other = databases.at(index - 1) ?? own
      await (await enter(own, own)).end()
      await expect(enter(other, own)).rejects.toMatchObject({ code: 'ER_ACCESS_DENIED_ERROR' })
    }
  })

  const asService = <Answer>(service: string, ask: (redis: Redis) => Promise<Answer>, knownOf = service): Promise<Answer> => {
    const password = redisPassword(secretsIn(stateOf(target()).secretsFile), 'state', knownOf)
    return askRedis({ port: portOf('state-1') ?? 0, user: service, password, timeoutMs: 5_000 }, ask)
  }
  const session = KEYS.session('a'.repeat(64))
  const forgeSession = (redis: Redis) => redis.set(session, JSON.stringify({ user: ADMIN }), 'PX', 60_000)

  it.each(['products', 'orders', 'consumers'])('opens no session in Redis: %s', async (service) => {
    expect(await asService(service, (redis) => redis.ping())).toBe('PONG')
    await expect(asService(service, (redis) => redis.get(session))).rejects.toThrow(/^NOPERM/)
    await expect(asService(service, forgeSession)).rejects.toThrow(/^NOPERM/)
    await expect(asService('users', forgeSession, service)).rejects.toThrow(/^WRONGPASS/)
  })

  it('lets nobody in who has no arrow to that Redis', async () => {
    await expect(asService('payments', (redis) => redis.ping())).rejects.toThrow(/^WRONGPASS/)
  })

  it('lets the front door read a session, and nothing else', async () => {
    expect(await asService('gateway', (redis) => redis.get(session))).toBeNull()
    for (const key of [KEYS.sessionsOfUser(ADMIN.id), KEYS.limitWindow('log-ins:127.0.0.1'), KEYS.viewQueue('views')])
      await expect(
        asService('gateway', (redis) => redis.del(key)),
        key,
      ).rejects.toThrow(/^NOPERM/)
  })
})

describe('the front door', () => {
  it.each(INTERNAL)('leads to nothing inside: %s %s %s', async (_name, method, path, json) => {
    const token = await forged('products', 'calls', 'orders')
    const headers = { authorization: `Bearer ${token}`, 'x-internal-key': 'guessed' }
    for (const way of [path, path.replace('/internal', '/%69nternal'), path.toUpperCase()])
      expectProblem(await clientOf(target()).call(method, way, { json, headers }), 404, 'NOT_FOUND')
  })

  it('takes nobody’s word for who asks', async () => {
    const shopper = await newShopper(target())
    const claims = {
      authorization: `Bearer ${await forged('orders', 'visits')}`,
      'x-user-id': ADMIN.id,
      'x-user': JSON.stringify(ADMIN),
      'x-forwarded-user': ADMIN.email,
    }
    expectProblem(await shopper.client.get('/admin/orders', { headers: claims }), 403, 'FORBIDDEN')
    expect((await shopper.client.get<User>('/sessions/current', { headers: claims })).body).toEqual(shopper.user)
    expectProblem(await clientOf(target()).get('/admin/orders', { headers: claims }), 401, 'NOT_LOGGED_IN')
  })

  it('shows nobody another’s order, whatever is claimed', async () => {
    const [one, other] = [await newShopper(target()), await newShopper(target())]
    const order = await placeOrder(one, 'prd_00900')
    const headers = { 'x-user-id': one.user.id, authorization: `Bearer ${await forged('orders', 'visits')}` }
    expectProblem(await other.client.get(`/orders/${order.id}`, { headers }), 404, 'ORDER_NOT_FOUND')
    expect((await one.client.get<Order>(`/orders/${order.id}`)).body.id).toBe(order.id)
  })

  it.each([
    '//internal/stock/take',
    '/products/../internal/stock/take',
    '/products/%2e%2e/internal/stock/take',
    '/products/..%2finternal%2fstock%2ftake',
    '/INTERNAL/stock/take',
    'http://products-1/internal/stock/take',
  ])('is not talked into the shelf by %s', async (path) => {
    const before = await stockOf(clientOf(target()), 'prd_00901')
    const body = JSON.stringify({ orderId: 'ord_x', items: [{ productId: 'prd_00901', quantity: 1 }] })
    const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const { statuses } = await exchange(target(), head + body)
    expect([400, 404, 405]).toContain(statuses[0])
    expect(await stockOf(clientOf(target()), 'prd_00901')).toBe(before)
  })
})
