/** A service opens what is for visitors to its front door alone, and what is for other processes to those with an arrow. */
import { expect, onTestFinished, test } from 'vitest'
import { answerInOneVoice } from '../http/api.ts'
import { createServer } from '../http/server.ts'
import { identityOf, refuseStrangers } from './callers.ts'
import { signer } from './identity.ts'

const DOOR = { name: 'gateway', secret: 'of the gateway', passesOn: true }
const OTHER = { name: 'payments', secret: 'of payments' }

function service(callers = [DOOR, OTHER]) {
  const app = createServer('orders-1')
  answerInOneVoice(app, 'orders-1')
  refuseStrangers(app, { service: 'orders', callers })
  for (const url of ['/orders/:id', '/internal/orders', '/health/ready', '/metrics'])
    app.get(url, { schema: { hide: true } }, (request) => ({ identity: identityOf(request) ?? null }))
  onTestFinished(() => app.close())
  return async (url: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await app.inject({ url, headers })
    return { status: answer.statusCode, code: answer.json().code, identity: answer.json().identity }
  }
}

const visit = (from = DOOR) => signer({ from: from.name, to: 'orders', secret: from.secret, purpose: 'visits' })
const call = (from = OTHER) => signer({ from: from.name, to: 'orders', secret: from.secret, purpose: 'calls' })

test('what is for visitors takes the front door’s word, and nobody else’s', async () => {
  const ask = service()
  expect(await ask('/orders/1')).toMatchObject({ status: 401, code: 'UNSIGNED' })
  expect(await ask('/orders/1', 'guessed')).toMatchObject({ status: 401, code: 'UNSIGNED' })
  expect(await ask('/orders/1', await visit()({ user: 'ada' }))).toMatchObject({
    status: 200,
    identity: { caller: 'gateway', user: 'ada' },
  })
  // It has a key, and no visitors.
  const forged = await signer({ from: OTHER.name, to: 'orders', secret: OTHER.secret, purpose: 'visits' })({ user: 'admin' })
  expect(await ask('/orders/1', forged)).toMatchObject({ status: 401, code: 'UNSIGNED' })
  expect(await ask('/orders/1', await call()())).toMatchObject({ status: 401, code: 'UNSIGNED' })
})

test('what is for other processes is nowhere for visitors, though the front door has passed them on', async () => {
  const ask = service()
  for (const token of [undefined, 'guessed', await visit()({ user: 'ada' })])
    expect(await ask('/internal/orders', token)).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  expect(await ask('/internal/orders', await call()())).toMatchObject({ status: 200, identity: { caller: 'payments' } })
})

test('who watches a service asks it without a token', async () => {
  const ask = service()
  expect([(await ask('/health/ready')).status, (await ask('/metrics')).status]).toEqual([200, 200])
})

test('without a front door visitors come by themselves', async () => {
  const ask = service([OTHER])
  expect(await ask('/orders/1')).toEqual({ status: 200, code: undefined, identity: null })
  expect((await ask('/internal/orders')).status).toBe(404)
})
