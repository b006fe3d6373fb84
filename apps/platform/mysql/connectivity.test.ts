import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, inject, test } from 'vitest'
import { parseDatabaseUrl } from './address.ts'
import { probeDatabase } from './connectivity.ts'

const limits = { timeoutMs: 1_000 }
const servers: Server[] = []
const here = parseDatabaseUrl('test', inject('databaseUrl'))
const at = (port: number) => ({ ...here, host: '127.0.0.1', port })

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

async function freePort(): Promise<number> {
  const port = await listen(() => {})
  await new Promise((resolve) => servers.pop()?.close(resolve))
  return port
}

test('all four steps to a database that works', async () => {
  const steps = await probeDatabase(here, limits)
  expect(steps.map(({ step, ok }) => [step, ok])).toEqual([
    ['name', true],
    ['tcp', true],
    ['handshake', true],
    ['query', true],
  ])
})

test('a name that nobody knows', async () => {
  const steps = await probeDatabase({ ...here, host: 'db-server.invalid' }, { timeoutMs: 10_000 })
  expect(steps).toHaveLength(1)
  expect(steps[0]).toMatchObject({
    step: 'name',
    ok: false,
    detail: expect.stringMatching(/^the name db-server\.invalid does not resolve \(\w+\)$/),
  })
})

test('a port on which nothing listens', async () => {
  const port = await freePort()
  const steps = await probeDatabase(at(port), limits)
  expect(steps.at(-1)).toMatchObject({ step: 'tcp', ok: false, detail: `nothing listens on 127.0.0.1:${port} (ECONNREFUSED)` })
})

test('a server that accepts and says nothing', async () => {
  const steps = await probeDatabase(at(await listen(() => {})), { timeoutMs: 200 })
  expect(steps.at(-1)).toMatchObject({ step: 'handshake', ok: false, detail: 'no answer within 200 ms' })
})

test('a server that is no MySQL', async () => {
  const port = await listen((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const steps = await probeDatabase(at(port), limits)
  expect(steps.at(-1)).toMatchObject({ step: 'handshake', ok: false, detail: `what listens on port ${port} is not MySQL` })
})

test('a server that hangs up', async () => {
  const steps = await probeDatabase(at(await listen((socket) => socket.end())), limits)
  expect(steps.at(-1)).toMatchObject({ step: 'handshake', ok: false, detail: 'the connection was closed before a greeting' })
})

test('a wrong password', async () => {
  const steps = await probeDatabase({ ...here, password: 'wrong' }, limits)
  expect(steps.at(-1)).toMatchObject({ step: 'query', ok: false, detail: expect.stringContaining('Access denied') })
})
