import { once } from 'node:events'
import { connect } from 'node:net'
import Fastify from 'fastify'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { statementError } from '../mysql/database-down.ts'
import { RedisDown } from '../redis/redis-down.ts'
import { ShopError } from './errors.ts'
import { readJsonBodies } from './json-body.ts'
import { answerProblems } from './problems.ts'

const STRICT = { type: 'object', properties: { a: { type: 'integer' } }, additionalProperties: false }
const logged: string[] = []
const ajv = { customOptions: { removeAdditional: false } as const }
const app = Fastify({ ajv, logger: { level: 'warn', stream: { write: (line: string) => void logged.push(line) } } })
answerProblems(app)
readJsonBodies(app)
const databaseError = (code: string) => {
  const sql = "insert into `users` (`email`, `password_hash`) values ('ada@example.com', '$argon2id$v=19$secret')"
  return Object.assign(new Error(`${code}: near ${sql}`), { code, errno: 1205, sqlState: 'HY000', sql, sqlMessage: sql })
}
app.get('/shop-error', () => Promise.reject(new ShopError('OUT_OF_STOCK', 'of product prd_00001 there are 2 left')))
app.get('/lock-wait', () => Promise.reject(statementError(databaseError('ER_LOCK_WAIT_TIMEOUT'))))
app.get('/full-table', () => Promise.reject(statementError(databaseError('ER_RECORD_FILE_FULL'))))
app.get('/full-disk', () => Promise.reject(statementError(databaseError('ER_DISK_FULL'))))
app.get('/redis-down', () => Promise.reject(new RedisDown('state: no connection')))
app.get('/mistake', () => Promise.reject(statementError(databaseError('ER_PARSE_ERROR'))))
app.post('/strict', { schema: { body: STRICT } }, async () => 'ok')

afterEach(() => logged.splice(0))
afterAll(() => app.close())

test('our own errors say what they know', async () => {
  const response = await app.inject('/shop-error')
  expect(response.statusCode).toBe(409)
  expect(response.headers['content-type']).toBe('application/problem+json')
  expect(response.json()).toMatchObject({ status: 409, code: 'OUT_OF_STOCK', detail: 'of product prd_00001 there are 2 left' })
  expect(logged).toEqual([])
})

test.each([
  ['/lock-wait', 503, 'UNAVAILABLE', '1'],
  ['/full-table', 503, 'UNAVAILABLE', '1'],
  ['/full-disk', 503, 'UNAVAILABLE', '1'],
  ['/redis-down', 503, 'UNAVAILABLE', '1'],
  ['/mistake', 500, 'INTERNAL', undefined],
])(
  'an error of a database or a Redis at %s tells the client nothing, and the log no values',
  async (path, status, code, retryAfter) => {
    const response = await app.inject(path)
    expect(response.json()).toMatchObject({ status, code })
    expect(response.headers['retry-after']).toBe(retryAfter)
    expect(response.body).not.toMatch(/insert into|ada@example\.com|argon2id/)
    expect(logged.join('')).toContain('problems.test.ts')
    expect(logged.join('')).not.toMatch(/ada@example\.com|argon2id/)
  },
)

test.each([
  ['{"a":', 'the body is not valid JSON'],
  ['', 'the body is empty, and should be JSON'],
  ['{"a":1,"b":2}', 'body must NOT have additional properties: "b"'],
])('a body of %j is refused with the reason', async (payload, detail) => {
  const headers = { 'content-type': 'application/json' }
  const response = await app.inject({ method: 'POST', url: '/strict', headers, payload })
  expect(response.json()).toMatchObject({ status: 400, code: 'BAD_REQUEST', detail })
})

test('an address that nobody answers', async () => {
  const response = await app.inject('/nowhere')
  expect(response.json()).toMatchObject({ status: 404, code: 'NOT_FOUND', requestId: expect.any(String) })
})

test('a client that hangs up in the middle of a body is nobody’s trouble', async () => {
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const socket = connect({ host: '127.0.0.1', port: Number(port) })
  const answered = vi.fn()
  app.server.once('request', (_request, response) => response.once('close', answered))
  socket.write('POST /strict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{"a"')
  await once(app.server, 'request')
  socket.resetAndDestroy()
  await vi.waitFor(() => expect(answered).toHaveBeenCalled())
  expect(logged).toEqual([])
})
