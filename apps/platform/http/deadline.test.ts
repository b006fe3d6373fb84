import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { giveDeadlines, leftMs, REQUEST_LASTS_MS, refuseLate, thoughGone, whenGone } from './deadline.ts'
import { createServer } from './server.ts'

async function leftFor(method: 'GET' | 'POST', { readsToo, startedAt }: { readsToo: boolean; startedAt?: number }) {
  const app = createServer('app-1')
  onTestFinished(() => app.close())
  giveDeadlines(app, () => startedAt !== undefined, { readsToo })
  app.route({
    method,
    url: '/',
    schema: { hide: true },
    handler: async () => ({ left: Number.isFinite(leftMs()) ? leftMs() : null }),
  })
  const headers = startedAt === undefined ? {} : { 'x-request-start': String(startedAt) }
  return (await app.inject({ method, url: '/', headers })).json()
}

test('what changes something has a time to end, counted from its arrival at the edge', async () => {
  const { left } = await leftFor('POST', { readsToo: false })
  expect(left).toBeGreaterThan(REQUEST_LASTS_MS / 2)
  expect((await leftFor('POST', { readsToo: false, startedAt: Date.now() - 3_000 })).left).toBeLessThanOrEqual(left - 2_500)
})

test('what is only read has one where its caller waits for it no longer', async () => {
  expect(await leftFor('GET', { readsToo: false })).toEqual({ left: null })
  expect((await leftFor('GET', { readsToo: true, startedAt: Date.now() - 3_000 })).left).toBeLessThanOrEqual(
    REQUEST_LASTS_MS - 3_000,
  )
  // It begins for all that: its caller has gone, and nothing comes of it.
  expect((await leftFor('GET', { readsToo: true, startedAt: Date.now() - 60_000 })).left).toBe(1)
})

test('what has begun and must end is done though its client has gone, and in the time of its request', async () => {
  const app = createServer('app-1')
  onTestFinished(() => app.close())
  giveDeadlines(app, () => true, { readsToo: true })
  const seen = Promise.withResolvers<unknown>()
  const asked = Promise.withResolvers<void>()
  app.post('/', { schema: { hide: true } }, async (request) => {
    asked.resolve()
    if (!request.raw.socket.destroyed) await once(request.raw.socket, 'close')
    const isRefused = () => (tried(refuseLate) === undefined ? 'done' : 'refused')
    seen.resolve([isRefused(), thoughGone(isRefused), thoughGone(whenGone), Number.isFinite(thoughGone(leftMs))])
  })
  const client = new AbortController()
  const answer = fetch(await app.listen({ host: '127.0.0.1', port: 0 }), { method: 'POST', signal: client.signal })
  await asked.promise
  client.abort()
  await expect(answer).rejects.toThrow()
  expect(await seen.promise).toEqual(['refused', 'done', undefined, true])
})

function tried(work: () => void): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
