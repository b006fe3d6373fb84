/** A call to another process ends with what that says, or with a word that nobody knows; and it knows how long it may take. */
import { once } from 'node:events'
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { elsewhere } from '../../fixtures/other-process.ts'
import { beforeDeadline, giveDeadlines, leftMs, REQUEST_LASTS_MS, refuseLate } from '../http/deadline.ts'
import { type ErrorCode, ShopError } from '../http/errors.ts'
import type { App } from '../http/server.ts'
import { type Call, remote } from './remote.ts'

const SCHEMA = { hide: true, body: Type.Object({}) }

async function callOf(mount: (app: App) => void): Promise<Call> {
  return remote(await elsewhere(mount))
}

describe('an error of the other side', () => {
  const failing = (code: ErrorCode, retryAfterS?: number) =>
    callOf((app) => {
      app.post('/internal/fail', { schema: SCHEMA }, async () => {
        throw new ShopError(code, 'why', retryAfterS === undefined ? {} : { retryAfterS })
      })
    })

  test.each([
    ['OUT_OF_STOCK', undefined],
    ['KEY_IN_USE', 1],
    ['TOO_LATE', 2],
  ] as const)('is the same here: %s', async (code, retryAfterS) => {
    const call = await failing(code, retryAfterS)
    await expect(call('POST', '/internal/fail', {})).rejects.toMatchObject({ code, message: 'why', retryAfterS })
  })

  test('that there is nothing at an address is a mistake of the two, and none of who asked', async () => {
    const call = await failing('NOT_FOUND')
    await expect(call('POST', '/internal/fail', {})).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(call('POST', '/internal/nowhere', {})).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})

describe('a call for a request', () => {
  test('tells how old that is', async () => {
    const call = await callOf((app) => {
      app.post('/internal/age', { schema: SCHEMA }, ({ headers }) => ({ startedAt: Number(headers['x-request-start']) }))
    })
    const endsAt = performance.now() + REQUEST_LASTS_MS - 2_000
    const { startedAt } = (await beforeDeadline(endsAt, () => call('POST', '/internal/age', {}))) as { startedAt: number }
    const ageMs = Date.now() - startedAt
    expect(ageMs).toBeGreaterThanOrEqual(2_000)
    expect(ageMs).toBeLessThan(7_000)
  })

  test('waits no longer than that has time, and the other side hears that nobody waits any more', async () => {
    const { promise: brokenOff, resolve } = Promise.withResolvers<void>()
    const { promise: never, resolve: end } = Promise.withResolvers<object>()
    const call = await callOf((app) => {
      app.post('/internal/slow', { schema: SCHEMA }, (_request, reply) => {
        reply.raw.once('close', resolve)
        return never
      })
    })
    const startedAt = performance.now()
    const asked = beforeDeadline(startedAt + 300, () => call('POST', '/internal/slow', {}))
    await expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterS: 1 })
    // Far less than a call may take that nobody waits for.
    expect(performance.now() - startedAt).toBeLessThan(REQUEST_LASTS_MS / 2)
    await brokenOff
    end({})
  })

  test('ends with that, from hop to hop, when a client hangs up; then nothing more is done for it', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
    const { promise: refused, resolve: refuse } = Promise.withResolvers<unknown>()
    const behind = await callOf((app) => {
      giveDeadlines(app, () => true, { readsToo: true })
      app.post('/internal/change', { schema: SCHEMA }, async (_request, reply) => {
        refuseLate()
        arrive()
        await once(reply.raw, 'close')
        // As long as there is time left it is not for want of that.
        await Promise.try(refuseLate).catch(({ code }) => refuse({ code, isInTime: leftMs() > 1 }))
        return {}
      })
    })
    const { service, sign } = await elsewhere((app) => {
      giveDeadlines(app, () => true, { readsToo: true })
      app.get('/internal/list', { schema: { hide: true } }, async () => behind('POST', '/internal/change', {}))
    })
    const client = new AbortController()
    const sent = { method: 'GET', path: '/internal/list', headers: { authorization: `Bearer ${await sign()}` } } as const
    const asking = service.send(sent, { withinMs: REQUEST_LASTS_MS * 10, signal: client.signal })
    await arrived
    client.abort(new Error('the client has hung up'))
    await expect(asking).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await refused).toEqual({ code: 'TOO_LATE', isInTime: true })
  })
})
