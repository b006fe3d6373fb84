import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { redisConfig } from './config.ts'
import { startTestRedis, type TestRedis } from './test-server.ts'

let server: TestRedis
const clients: Redis[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  await server.stop()
})

function connect(url: string): Redis {
  const client = new Redis(url)
  clients.push(client)
  return client
}

async function isRefused(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => false,
    (error) => /^NOPERM|user executing the script can.t/.test(error.message),
  )
}

test('the shop may use its own keys, and can neither look around, empty nor change the server', async () => {
  server = await startTestRedis({ role: 'cache' })
  const shop = connect(server.url)
  expect(await shop.set('cache:product:1', 'page', 'PX', 1_000)).toBe('OK')
  expect(await isRefused(shop.get('state:session:1'))).toBe(true)
  expect(await isRefused(shop.eval("return redis.call('get', 'state:session:1')", 0))).toBe(true)
  const forbidden = ['FLUSHALL', 'KEYS *', 'SCAN 0', 'CONFIG GET *', 'SHUTDOWN', 'ACL LIST', 'REPLICAOF NO ONE', 'MONITOR']
  for (const line of forbidden) {
    const [command = '', ...args] = line.split(' ')
    expect(await isRefused(shop.call(command, ...args)), line).toBe(true)
  }
})

test('nobody gets in without a name, or with a wrong password', async () => {
  server = await startTestRedis()
  const anonymous = connect(`redis://127.0.0.1:${server.port}`)
  anonymous.on('error', () => {})
  await expect(anonymous.get('cache:a')).rejects.toThrow('NOAUTH')
  const wrong = new Redis(server.url.replace(/:[^:@]+@/, ':wrong@'), { lazyConnect: true, retryStrategy: () => null })
  clients.push(wrong)
  const refused = new Promise((resolve) => wrong.once('error', (error) => resolve(error.message)))
  wrong.connect().catch(() => {})
  expect(await refused).toMatch(/^WRONGPASS/)
})

test('a cache that is full forgets, and never says no', async () => {
  server = await startTestRedis({ role: 'cache', options: ['maxmemory 3mb'] })
  const shop = connect(server.url)
  for (let index = 0; index < 1_000; index++) await shop.set(`cache:${index}`, 'x'.repeat(10_000), 'PX', 60_000)
  expect((await shop.get('cache:999'))?.length).toBe(10_000)
  expect(await connect(server.labUrl).info('stats')).toMatch(/evicted_keys:[1-9]/)
})

test('a state that is full refuses writes, answers reads and forgets nothing', async () => {
  server = await startTestRedis({ role: 'state', options: ['maxmemory 3mb'] })
  const shop = connect(server.url)
  const write = async () => {
    for (let index = 0; index < 1_000; index++) await shop.set(`state:${index}`, 'x'.repeat(10_000), 'PX', 60_000)
  }
  await expect(write()).rejects.toThrow(/^OOM/)
  expect((await shop.get('state:0'))?.length).toBe(10_000)
  expect(await connect(server.labUrl).info('stats')).toMatch(/evicted_keys:0/)
})

test('the guard against writes that will be lost lets one replica be missing', () => {
  const group = (replicas: number) => {
    return redisConfig({ role: 'state', port: 1, folder: '/x', users: [], group: { replicas, replicationPassword: 'p' } })
  }
  expect(group(1)).toContain('\nmin-replicas-to-write 0\n')
  expect(group(2)).toContain('\nmin-replicas-to-write 1\n')
})

test('the six decisions stand in the configuration of each role', () => {
  for (const role of ['cache', 'state'] as const) {
    for (const cluster of [undefined, { busPort: 2 }]) {
      const config = redisConfig({ role, port: 1, folder: '/x', users: [], ...(cluster && { cluster }) })
      for (const number of [1, 2, 3, 4, 5, 6]) expect(config.split(`# Decision ${number}, `), `${role} ${number}`).toHaveLength(2)
    }
  }
})
