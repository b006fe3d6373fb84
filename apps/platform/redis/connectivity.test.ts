import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, inject, test } from 'vitest'
import { freePort } from '../../../infra/process/free-port.ts'
import { parseRedisUrl } from './address.ts'
import { probeRedis } from './connectivity.ts'

const limits = { timeoutMs: 1_000 }
const here = parseRedisUrl('test', inject('redisUrl'))
const at = (port: number) => ({ ...here, hosts: [{ host: '127.0.0.1', port }] })
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(greet: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    greet(socket)
    socket.once('error', () => socket.destroy())
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

test('all four steps to a Redis that works', async () => {
  const steps = await probeRedis(here, limits)
  expect(steps.map(({ step, ok }) => [step, ok])).toEqual([
    ['name', true],
    ['tcp', true],
    ['login', true],
    ['ping', true],
  ])
})

test('a name that nobody knows', async () => {
  const steps = await probeRedis({ ...here, hosts: [{ host: 'redis-server.invalid', port: 6379 }] }, { timeoutMs: 10_000 })
  expect(steps).toMatchObject([{ step: 'name', ok: false, detail: expect.stringContaining('does not resolve') }])
})

test('a port on which nothing listens', async () => {
  const port = await freePort()
  const steps = await probeRedis(at(port), limits)
  expect(steps.at(-1)).toMatchObject({ step: 'tcp', ok: false, detail: `nothing listens on 127.0.0.1:${port} (ECONNREFUSED)` })
})

test('a server that accepts and says nothing', async () => {
  const steps = await probeRedis(at(await listen(() => {})), { timeoutMs: 200 })
  expect(steps.at(-1)).toMatchObject({ step: 'login', ok: false })
})

test('a wrong password', async () => {
  const steps = await probeRedis({ ...here, password: 'wrong' }, limits)
  expect(steps.at(-1)).toMatchObject({ step: 'login', ok: false, detail: expect.stringContaining('WRONGPASS') })
})

test('Sentinels of which none answers', async () => {
  const hosts = [
    { host: '127.0.0.1', port: await freePort() },
    { host: '127.0.0.1', port: await freePort() },
  ]
  const steps = await probeRedis({ ...here, name: 'state', hosts, reach: 'sentinels' as const }, limits)
  const detail = 'none of 2 Sentinels says who is the primary of state'
  expect(steps).toMatchObject([{ step: 'sentinels', ok: false, detail }])
})
