import Fastify from 'fastify'
import { beforeEach, expect, test } from 'vitest'
import { ShopError } from '../http/errors.ts'
import { answerProblems } from '../http/problems.ts'
import { limitRate } from './headers.ts'
import { type Limiter, memoryFailureLimiter, memoryLimiter } from './limits.ts'

const app = Fastify()
answerProblems(app)
let limiter: Limiter
beforeEach(() => {
  limiter = memoryLimiter({ name: 'orders', most: 2, windowMs: 60_000 })
})
const failures = memoryFailureLimiter({ name: 'failures', most: 1, windowMs: 900_000 })

app.get('/fine', async (_request, reply) => {
  await limitRate(reply, limiter, 'a')
  return 'fine'
})
app.get('/refused', async (_request, reply) => {
  await limitRate(reply, limiter, 'a')
  throw new ShopError('OUT_OF_STOCK')
})
app.get('/guarded', async (_request, reply) => {
  await limitRate(reply, limiter, 'a')
  return failures.guard('a', async () => undefined)
})

test('an answer tells what is left, whatever else it says', async () => {
  const one = await app.inject('/fine')
  expect(one.headers).toMatchObject({ 'ratelimit-policy': '"orders";q=2;w=60', ratelimit: '"orders";r=1;t=60' })
  const two = await app.inject('/refused')
  expect(two.statusCode).toBe(409)
  expect(two.headers).toMatchObject({ 'ratelimit-policy': '"orders";q=2;w=60', ratelimit: '"orders";r=0;t=60' })
})

test('a refusal says when to come back, never before the window ends', async () => {
  for (let turn = 0; turn < 2; turn++) await app.inject('/fine')
  const { statusCode, headers } = await app.inject('/fine')
  expect(statusCode).toBe(429)
  expect(headers).toMatchObject({ 'ratelimit-policy': '"orders";q=2;w=60', ratelimit: '"orders";r=0;t=60', 'retry-after': '60' })
})

test('an answer under two limits tells of both', async () => {
  await app.inject('/guarded')
  const { statusCode, headers } = await app.inject('/guarded')
  expect(statusCode).toBe(429)
  expect(headers['ratelimit-policy']).toBe('"orders";q=2;w=60, "failures";q=1;w=900')
  expect(headers.ratelimit).toBe('"orders";r=0;t=60, "failures";r=0;t=900')
})
