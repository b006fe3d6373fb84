/** What each service of a page may do on its Redis, asked of a server that knows them as the page's does. */
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serviceUser } from '../../../infra/redis/acl.ts'
import { KEY_USERS } from '../../../infra/redis/rights.ts'
import { askRedis } from '../../../infra/redis/server.ts'
import { startTestRedis, type TestRedis } from '../../../infra/redis/test-server.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { type Plan, planOf } from '../../../infra/stage/plan.ts'
import { clientsOf } from '../../../infra/stage/redis-clients.ts'
import type { RedisRole } from '../../../infra/stage/topology.ts'
import type { Key } from './key.ts'
import { KEYS } from './keys.ts'

const ROLES = ['cache', 'state', 'events'] as const
const keys = Object.entries<Key>(KEYS)

let server: TestRedis
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())

function asLab<Value>(question: (redis: Redis) => Promise<Value>): Promise<Value> {
  const { port, username: user, password } = new URL(server.labUrl)
  return askRedis({ port: Number(port), user, password, timeoutMs: 10_000 }, question)
}

/** The server forgets whom it knew. */
async function enter(plan: Plan, role: RedisRole): Promise<readonly string[]> {
  const clients = clientsOf(plan, role)
  for (const client of clients) {
    const [, name = '', ...rules] = serviceUser(client, role, 'a password').split(' ')
    await asLab((redis) => redis.call('ACL', 'SETUSER', name, 'reset', ...rules))
  }
  return clients.map(({ service }) => service)
}

async function mayAsk(user: string, ...command: readonly string[]): Promise<boolean> {
  return (await asLab((redis) => redis.call('ACL', 'DRYRUN', user, ...command))) === 'OK'
}

async function reachOf(user: string, role: RedisRole): Promise<string[]> {
  const reached: string[] = []
  for (const [name, key] of keys) if (key.role === role && (await mayAsk(user, 'get', key('17', ':more')))) reached.push(name)
  return reached
}

const stagePlan = async (reference: string) => planOf(await loadStage(reference), { portBase: 5_000 })

test('every key is somebody’s, and nobody has one that there is not', () => {
  for (const role of ROLES) {
    const nouns = keys.filter(([, key]) => key.role === role).map(([, { noun }]) => noun)
    expect(nouns.sort()).toEqual(Object.keys(KEY_USERS[role]).sort())
  }
})

const IN_USE = [
  ['4', 'cache'],
  ['4', 'state'],
  ['6', 'state'],
  ['6', 'events'],
] as const

test.each(IN_USE)('of stage %s each key for %s is within reach of a service', async (reference, role) => {
  const services = await enter(await stagePlan(reference), role)
  const reached = await Promise.all(services.map((service) => reachOf(service, role)))
  expect(new Set(reached.flat())).toEqual(new Set(keys.filter(([, key]) => key.role === role).map(([name]) => name)))
})

test('a service of stage 6 reaches no key of another', async () => {
  const plan = await stagePlan('6')
  expect(await enter(plan, 'state')).toEqual(['users', 'products', 'orders', 'gateway', 'consumers'])
  expect(await reachOf('gateway', 'state')).toEqual(['session'])
  expect(await reachOf('products', 'state')).toEqual(['written', 'viewQueue', 'flashSale'])
  expect(await reachOf('orders', 'state')).toEqual([
    'orderLimitWindow',
    'written',
    'bestsellers',
    'countedOrders',
    'bestsellersLock',
  ])
  expect(await reachOf('consumers', 'state')).toEqual(['bestsellers', 'bestsellersLock'])
  expect(await enter(plan, 'events')).toEqual(['orders', 'consumers'])
  expect(await reachOf('orders', 'events')).toEqual(['orderEvents', 'relayFence'])
  expect(await enter(plan, 'cache')).toEqual(['products'])
  expect(await reachOf('products', 'cache')).not.toContain('cart')
})

test('the gateway reads a session and prolongs it; it cannot list a user’s, count, or run a script', async () => {
  await enter(await stagePlan('6'), 'state')
  const session = KEYS.session('hash')
  for (const command of [['get', session], ['set', session, 'value', 'PX', '1', 'XX'], ['del', session], ['info']])
    expect(await mayAsk('gateway', ...command)).toBe(true)
  for (const command of [
    ['zrange', KEYS.sessionsOfUser('usr'), '0', '-1'],
    ['scan', '0'],
    ['eval', 'return 1', '0'],
    ['incr', session],
  ])
    expect(await mayAsk('gateway', ...command), command.join(' ')).toBe(false)
})

test('who consumes a stream has its own words for that; who adds to it takes nothing out as a group', async () => {
  await enter(await stagePlan('6'), 'events')
  const stream = KEYS.orderEvents('')
  const reading = ['xreadgroup', 'group', 'audit', 'me', 'streams', stream, '>']
  expect(await mayAsk('consumers', ...reading)).toBe(true)
  expect(await mayAsk('orders', ...reading)).toBe(false)
  expect(await mayAsk('orders', 'xack', stream, 'audit', '1-1')).toBe(false)
  expect(await mayAsk('consumers', 'xtrim', KEYS.relayFence('orders'), 'maxlen', '0')).toBe(false)
  expect(await mayAsk('orders', 'lpush', KEYS.jobs('shop', ':mails:wait'), '1')).toBe(false)
})
