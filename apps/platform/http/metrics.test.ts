/** Over real sockets: an injected request has no client that could give up. */
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import Fastify from 'fastify'
import { expect, onTestFinished, test, vi } from 'vitest'
import { exposeMetrics } from './metrics.ts'

async function listen() {
  const app = Fastify()
  exposeMetrics(app, 'app-1')
  const [begun, work] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()]
  const slowly = async () => {
    begun.resolve()
    return work.promise
  }
  app.get('/slow', slowly)
  app.get('/failing', slowly)
  app.get('/large', async () => 'x'.repeat(50_000_000))
  app.get('/quick', async () => 'at once')
  await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())
  const { port } = app.server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, begun: begun.promise, work }
}

function ask(port: number, path: string) {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`)
  return socket
}

async function counted(url: string, route: string): Promise<string[]> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return text.split('\n').filter((line) => line.startsWith('outgrow_http_request_seconds_count') && line.includes(`"${route}"`))
}

const ABORTED_ONCE = [expect.stringMatching(/status="aborted".* 1$/)]

test.each(['/slow', '/failing'])('a request whose client gave up is counted when its work ends: %s', async (route) => {
  const { url, port, begun, work } = await listen()
  const socket = ask(port, route)
  await begun
  socket.destroy()
  expect(await counted(url, route)).toEqual([])
  if (route === '/failing') work.reject(new Error('out of order'))
  else work.resolve('late')
  await vi.waitFor(async () => expect(await counted(url, route)).toEqual(ABORTED_ONCE))
})

test('so is one whose client gave up in the middle of the answer', async () => {
  const { url, port } = await listen()
  const socket = ask(port, '/large')
  await once(socket, 'data')
  socket.destroy()
  await vi.waitFor(async () => expect(await counted(url, '/large')).toEqual(ABORTED_ONCE))
})

test('one that was answered is counted once, by its status', async () => {
  const { url } = await listen()
  await (await fetch(`${url}/quick`)).text()
  await vi.waitFor(async () => expect(await counted(url, '/quick')).toEqual([expect.stringMatching(/status="200".* 1$/)]))
})

test('requests beyond the patience of the edge have buckets of their own', async () => {
  const { url } = await listen()
  await (await fetch(`${url}/quick`)).text()
  await vi.waitFor(async () => expect(await counted(url, '/quick')).toHaveLength(1))
  const text = await (await fetch(`${url}/metrics`)).text()
  for (const seconds of [10, 20, 60]) expect(text).toContain(`outgrow_http_request_seconds_bucket{le="${seconds}"`)
})
