import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { clientOf, type Target } from '../client.ts'
import { freshProduct, newShopper, placeOrder, registration, type Shopper } from '../people.ts'
import { expectProblem, type User } from '../shapes.ts'
import { exchange } from './raw-connection.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** What a body may be, and how a request says that it has one. */
export function bodiesContract(target: () => Target): void {
  describe('a body', () => {
    let shopper: Shopper
    beforeAll(async () => {
      shopper = await newShopper(target())
    })
    const register = (type: string, raw: string | Buffer = JSON.stringify(registration())) =>
      clientOf(target()).call<User>('POST', '/users', { raw, headers: { 'content-type': type } })

    it.each(SAME_TYPE)('of the type %j is JSON in UTF-8', async (type) => {
      const answer = await register(type)
      expect(answer.status, answer.text).toBe(201)
    })

    it.each(OTHER_TYPES)('of the type %j is refused', async (type) => {
      expectProblem(await register(type), 415, 'UNSUPPORTED_MEDIA_TYPE')
    })

    it('is taken in any script, and stays what it was', async () => {
      const name = 'Zoë 学 🛒 ﬁ é\u0301'
      expect((await register('application/json', JSON.stringify(registration({ name })))).body.name).toBe(name)
    })

    it.each(NO_UTF_8)('that is not UTF-8 is refused, whatever the route: %s', async (_, bytes) => {
      const raw = Buffer.concat([Buffer.from('{"name":"'), bytes, Buffer.from('"}')])
      for (const [method, path] of BODIES) {
        const answer = await shopper.client.call(method, path, { raw, key: randomUUID(), headers: JSON_TYPE })
        expectProblem(answer, 400, 'BAD_REQUEST')
        expect(answer.body.detail, `${method} ${path}`).toBe('the body is not UTF-8')
      }
    })

    it('that is not UTF-8 opens no account: its bytes do not match other ones', async () => {
      const { email, name } = registration()
      await clientOf(target()).post('/users', { email, name, password: 'caf\ufffd caf\ufffd' })
      const raw = Buffer.from(JSON.stringify({ email, password: 'café café' }), 'latin1')
      expectProblem(await clientOf(target()).call('POST', '/sessions', { raw, headers: JSON_TYPE }), 400, 'BAD_REQUEST')
    })
  })

  describe('a request that names JSON and has no body', () => {
    it('is fine where none is needed', async () => {
      const shopper = await newShopper(target())
      const order = await placeOrder(shopper, (await freshProduct(target(), 1)).id)
      const cancelled = await shopper.client.call('POST', `/orders/${order.id}/cancellation`, { headers: JSON_TYPE })
      expect(cancelled.status, cancelled.text).toBe(200)
      for (const path of ['/sessions/current', '/sessions']) {
        const leaving = await newShopper(target())
        const before = clientOf(target())
        before.sid = leaving.client.sid
        expect((await leaving.client.delete(path, { headers: JSON_TYPE })).status, path).toBe(204)
        expectProblem(await before.get('/sessions/current'), 401, 'NOT_LOGGED_IN')
      }
    })

    it('is fine so in chunks, of which there are none', async () => {
      const head = 'DELETE /sessions/current HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n'
      const { text } = await exchange(target(), `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`)
      expect(text).toMatch(/^HTTP\/1\.1 204 /)
    })

    it('is refused where one is needed', async () => {
      const shopper = await newShopper(target())
      for (const [method, path] of BODIES) {
        const answer = await shopper.client.call(method, path, { key: randomUUID(), headers: JSON_TYPE })
        expectProblem(answer, 400, 'BAD_REQUEST')
        expect(answer.body.detail, `${method} ${path}`).toBe('the body is empty, and should be JSON')
      }
    })
  })
}

/** RFC 9110, 5.6.6: white space around semicolons, and nothing between them. */
const SAME_TYPE = [
  'application/json',
  'Application/JSON',
  'application/json;charset=utf-8',
  'application/json ; charset=utf-8',
  'application/json;  charset=utf-8',
  'application/json;\tcharset=UTF-8',
  'application/json; charset="utf-8"',
  'application/json;',
  'application/json ; ;charset=utf-8;',
]

const OTHER_TYPES = [
  'application/json; charset=latin1',
  'application/json ; charset="utf-16"',
  'application/json; charset = utf-8',
  'application/json; charset="utf-8',
  'application/json charset=utf-8',
  `application/json${' ;'.repeat(3_000)}x`,
]

const NO_UTF_8: [string, Buffer][] = [
  ['Latin-1', Buffer.from('Zoë', 'latin1')],
  ['a byte that never is', Buffer.from([0xff])],
  ['half a character', Buffer.from([0xc3])],
  ['half of a surrogate pair', Buffer.from([0xed, 0xa0, 0x80])],
  ['a character in more bytes than it needs', Buffer.from([0xc0, 0xaf])],
]

/** Those that have a body. */
const BODIES = [
  ['POST', '/users'],
  ['POST', '/sessions'],
  ['POST', '/orders'],
  ['POST', '/orders/ord_1/payments'],
  ['PUT', '/cart/items/prd_00001'],
  ['PATCH', '/products/prd_00001'],
  ['POST', '/products/prd_00001/flash-sale'],
  ['POST', '/verification-codes'],
  ['POST', '/verifications'],
] as const
