import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { forgetKeys, idempotentRequest, keyAsSent } from './idempotency.ts'

test('where keys are forgotten a request that is sent again is another one, of which it is still known what was sent', async () => {
  const app = Fastify()
  onTestFinished(() => app.close())
  forgetKeys(app)
  app.post('/', (request) => idempotentRequest(request, 'usr_1', {}).key)
  const send = async () => (await app.inject({ method: 'POST', url: '/', headers: { 'idempotency-key': 'order-1' } })).body
  const [one, other] = [await send(), await send()]
  expect(one).not.toBe(other)
  expect([one, other].map(keyAsSent)).toEqual(['order-1', 'order-1'])
  expect((await app.inject({ method: 'POST', url: '/' })).statusCode).not.toBe(200)
})
