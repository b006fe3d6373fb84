import { once } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createServer } from '../platform/http/server.ts'
import { beginEvents } from './event-stream.ts'

const WITHIN = { timeout: 15_000, interval: 10 }

test('a client that has left while its stream was made ready leaves nothing behind', async () => {
  const app = createServer('app-1')
  onTestFinished(() => app.close())
  const ended = vi.fn()
  const asked = Promise.withResolvers<void>()
  app.get('/', { schema: { hide: true } }, async (request, reply) => {
    asked.resolve()
    if (!request.raw.socket.destroyed) await once(request.raw.socket, 'close')
    beginEvents(reply, { place: () => '0-0', ended, isLast: false })
  })
  const client = new AbortController()
  const answer = fetch(await app.listen({ host: '127.0.0.1', port: 0 }), { signal: client.signal })
  await asked.promise
  client.abort()
  await expect(answer).rejects.toThrow()
  await expect.poll(() => ended.mock.calls.length, WITHIN).toBe(1)
})
