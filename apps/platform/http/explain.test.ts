import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { explainAnswers, noteTiming } from './explain.ts'

const app = Fastify()
explainAnswers(app)
app.get('/', async () => {
  noteTiming('db', 'primary', 2)
  for (let count = 1; count <= 400; count++) noteTiming('redis', 'cache', count % 9)
  return 'ok'
})

test('who asks is told which hosts worked on the answer, and of many alike the longest', async () => {
  const { headers } = await app.inject({ url: '/', headers: { 'x-explain': '1' } })
  expect(headers['server-timing']).toMatch(
    /^db;desc="primary";dur=2\.00, redis;desc="cache, longest of 400";dur=8\.00, total;desc="app";dur=[\d.]+$/,
  )
})

test('nobody else is', async () => {
  expect((await app.inject('/')).headers).not.toHaveProperty('server-timing')
})
