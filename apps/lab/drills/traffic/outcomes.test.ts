import { expect, test } from 'vitest'
import { failureLine, isUnfinished } from './outcomes.ts'
import type { Reply } from './shop-client.ts'

const reply = (status: number, code = '') =>
  ({ status, body: JSON.stringify({ code }), error: 'socket hang up' }) as unknown as Reply

test.each([
  ['nothing', reply(0), 'info'],
  ['a server that failed', reply(503, 'UNAVAILABLE'), 'info'],
  ['one who did not get the request in time', reply(408, 'REQUEST_TIMEOUT'), 'info'],
  ['one who has the first still at work', reply(409, 'KEY_IN_USE'), 'info'],
  ['one who says no', reply(409, 'OUT_OF_STOCK'), 'refused'],
])('%s tells what it can of a key’s outcome', (_who, answer, kind) => {
  expect(failureLine('order', 'k1', answer)?.kind).toBe(kind)
  expect(isUnfinished(answer)).toBe(kind === 'info')
})

test('who was placed has no failure, and who comes too often is to come again', () => {
  expect(failureLine('order', 'k1', reply(201))).toBeUndefined()
  expect(isUnfinished(reply(429, 'TOO_MANY_REQUESTS'))).toBe(true)
})
