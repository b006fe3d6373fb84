/** The experiment does what it says: it asks three times, also for what is not safe. */
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { ShopError } from '../http/errors.ts'
import { retriedNaively } from './naive-retries.ts'
import type { Answer, Service } from './service.ts'

const POST = { method: 'POST', path: '/', headers: {} } as const
const WITHIN = { withinMs: 60_000 }

const answer = (statusCode: number) =>
  ({ statusCode, body: Object.assign(Readable.from([]), { dump: async () => {} }), done: () => {} }) as unknown as Answer

function answering(...results: (number | Error)[]) {
  const waits: number[] = []
  const inner: Service = {
    async send(_sent, { withinMs }) {
      waits.push(withinMs)
      const result = results.shift() ?? 200
      if (result instanceof Error) throw result
      return answer(result)
    },
    isUp: () => true,
    change: () => {},
    copies: () => ({ asked: [], leaving: [] }),
    close: async () => {},
  }
  return { service: retriedNaively(inner), waits }
}

const away = () => new ShopError('UNAVAILABLE', 'it does not answer')

test('what is refused or gets no answer is asked again, twice, each time for a second', async () => {
  const { service, waits } = answering(away(), 503, 201)
  expect((await service.send(POST, WITHIN)).statusCode).toBe(201)
  expect(waits).toEqual([1_000, 1_000, 1_000])
})

test('and not more often, nor for who has gone', async () => {
  const busy = answering(503, 503, 503)
  expect((await busy.service.send(POST, WITHIN)).statusCode).toBe(503)
  const silent = answering(away(), away(), away(), 200)
  await expect(silent.service.send(POST, WITHIN)).rejects.toThrow('it does not answer')
  expect([busy.waits.length, silent.waits.length]).toEqual([3, 3])
  const left = answering(away())
  await expect(left.service.send(POST, { ...WITHIN, signal: AbortSignal.abort() })).rejects.toThrow('it does not answer')
  expect(left.waits).toHaveLength(1)
})
