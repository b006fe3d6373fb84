/** Hostile input of well-formed HTTP requests, against one app and against three behind the load balancer. */
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { clientOf, type Problem } from '../contract/client.ts'
import { adminOf, freshProduct, newShopper, registration, type Shopper, stockOf, walk } from '../contract/people.ts'
import { expectNoLeak, expectProblem, type List, type ListedProduct, type Order, type User } from '../contract/shapes.ts'
import { sharedStage } from './shared-stage.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
/** Changed by this file alone. */
const CATEGORY = 'cat_48'

describe.each([1, 3, 6])('stage %d under attack', (number) => {
  const target = sharedStage(number)
  let shopper: Shopper
  beforeAll(async () => {
    shopper = await newShopper(target())
  })

  it('refuses objects and lists where SQL takes a value', async () => {
    for (const json of [
      { email: { a: 1 }, password: { password: true } },
      { email: ['admin@example.com'], password: ['x', 'y'] },
      { email: 'admin@example.com', password: { toString: 'x' } },
      [['admin@example.com', 'x']],
    ]) {
      expectProblem(await clientOf(target()).post('/sessions', json), 400, 'BAD_REQUEST')
    }
  })

  it.each(SQL)('takes %s literally wherever it stands', async (sql) => {
    const client = clientOf(target())
    const text = encodeURIComponent(sql)
    for (const path of [`/products/${text}`, `/products?sort=${text}`, `/products?cursor=${text}`, `/products?limit=${text}`]) {
      const answer = await client.get(path)
      expect([400, 404], path).toContain(answer.status)
      expectNoLeak(answer)
    }
    const list = await client.get<List<ListedProduct>>(`/products?category=${text}`)
    expect(list.status === 400 || list.body.items.length === 0, list.text).toBe(true)
    const admin = await adminOf(target())
    for (const name of ['orders?status', 'orders?cursor', 'orders?limit', 'sales?from', 'sales?to']) {
      expectProblem(await admin.get(`/admin/${name}=${text}`), 400, 'BAD_REQUEST')
    }
    const logIn = await client.post('/sessions', { email: sql, password: sql })
    expect([400, 401]).toContain(logIn.status)
    const order = await shopper.client.get(`/orders/${text}`)
    expect([400, 404]).toContain(order.status)
    expectNoLeak(order)
  })

  it('stores and gives back text that looks like SQL or HTML byte for byte', async () => {
    const name = `'; DROP TABLE users; -- <script>alert(1)</script> \\ %s \${7*7} é\u0301 \u202eRTL 👩‍👩‍👧`
    const person = registration({ name })
    const client = clientOf(target())
    expect((await client.post<User>('/users', person)).body.name).toBe(name)
    expect((await client.post<User>('/sessions', { email: person.email, password: person.password })).body.name).toBe(name)
    expect((await client.get<User>('/sessions/current')).body.name).toBe(name)
  })

  it.each([
    'application/json\ta',
    'application/json garbage',
    'application/json; charset=utf-7',
    'application/json, text/plain',
    'text/json',
  ])('refuses the content type %j', async (type) => {
    const call = clientOf(target()).call('POST', '/sessions', { raw: '{}', headers: { 'content-type': type } })
    expectProblem(await call, 415, 'UNSUPPORTED_MEDIA_TYPE')
  })

  it.each(POISON)('refuses the poisoned body %s', async (raw) => {
    expectProblem(await clientOf(target()).call('POST', '/users', { raw, headers: JSON_TYPE }), 400, 'BAD_REQUEST')
    expect((await clientOf(target()).post<User>('/users', registration())).body.role).toBe('shopper')
  })

  it.each([{ role: 'admin' }, { isAdmin: true }, { id: 'usr_1' }, { passwordHash: 'x' }])(
    'lets nobody assign %j',
    async (extra) => {
      expectProblem(await clientOf(target()).post('/users', { ...registration(), ...extra }), 400, 'BAD_REQUEST')
    },
  )

  it.each(BROKEN_TEXT)('refuses %s', async (_, raw) => {
    const person = JSON.stringify(registration()).replace(/"(name|email)":"[^"]*"/g, (pair) =>
      raw.startsWith(pair.slice(0, 6)) ? raw : pair,
    )
    expectProblem(await clientOf(target()).call('POST', '/users', { raw: person, headers: JSON_TYPE }), 400, 'BAD_REQUEST')
  })

  it('is not held up by what makes regular expressions slow', async () => {
    for (const email of [`${'a'.repeat(200)}@`, `a@${'a.'.repeat(120)}`, `${'a.'.repeat(100)}a@b`, `a@${'-'.repeat(200)}.`]) {
      expectProblem(await clientOf(target()).post('/users', registration({ email })), 400, 'BAD_REQUEST')
    }
    expectProblem(await clientOf(target()).get(`/products?cursor=${'A'.repeat(5_000)}`), 400, 'BAD_REQUEST')
  })

  it('refuses deep, wide and compressed bodies', async () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000)
    const wide = `{${Array.from({ length: 6_000 }, (_, index) => `"k${index}":1`).join()}}`
    for (const raw of [deep, wide, `{"email":"a@example.com","name":"A","password":"${'p'.repeat(60_000)}"}`]) {
      expectProblem(await clientOf(target()).call('POST', '/users', { raw, headers: JSON_TYPE }), 400, 'BAD_REQUEST')
    }
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' }
    expectProblem(await clientOf(target()).call('POST', '/users', { raw: '{}', headers }), 415, 'UNSUPPORTED_MEDIA_TYPE')
  })

  it('sells the last piece once to 120 who ask at the same moment', async () => {
    const product = await freshProduct(target(), 1, CATEGORY)
    const buyers = [shopper, await newShopper(target())]
    const body = { items: [{ productId: product.id, quantity: 1 }] }
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        (buyers[index % 2] ?? shopper).client.post<Order>('/orders', body, { key: randomUUID() }),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(119)
    expect(await stockOf(shopper.client, product.id)).toBe(0)
  })

  it('answers a form of another site, a GET that would change something, and a foreign method with a refusal', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' }
    const posted = await shopper.client.call<Problem>('POST', '/orders', { raw: 'items=1', key: randomUUID(), headers: form })
    expect([403, 415]).toContain(posted.status)
    const before = (await walk<Order>(shopper.client, '/orders?limit=100')).length
    for (const path of [
      '/orders/x/cancellation',
      '/orders/x/payments',
      '/sessions/current?_method=DELETE',
      '/orders?_method=POST',
    ]) {
      expect([400, 404, 405], path).toContain((await shopper.client.get(path)).status)
    }
    const override = { 'x-http-method-override': 'DELETE' }
    expect((await shopper.client.get('/sessions/current', { headers: override })).status).toBe(200)
    expect((await walk<Order>(shopper.client, '/orders?limit=100')).length).toBe(before)
  })

  it('takes a stolen, broken or doubled cookie for no cookie', async () => {
    const sid = shopper.client.sid ?? ''
    const flipped = String.fromCharCode(sid.charCodeAt(0) ^ 1) + sid.slice(1)
    for (const cookie of [
      `sid=${flipped}`,
      `sid=${sid}x`,
      `sid="${sid}`,
      `SID=${sid}`,
      `sid=${sid}%00`,
      `sid=${'a'.repeat(5_000)}`,
    ]) {
      expectProblem(await clientOf(target()).get('/sessions/current', { headers: { cookie } }), 401, 'NOT_LOGGED_IN')
    }
    const flood = Array.from({ length: 300 }, (_, index) => `c${index}=x`).join('; ')
    const flooded = await clientOf(target()).get<User>('/sessions/current', { headers: { cookie: `${flood}; sid=${sid}` } })
    expect([200, 400, 431]).toContain(flooded.status)
    expect((await adminOf(target()).then((admin) => admin.get('/sessions/current'))).status).toBe(200)
  })

  it('does not answer with what a header says the host is', async () => {
    for (const name of ['host', 'x-forwarded-host', 'x-forwarded-server', 'x-original-url']) {
      for (const path of ['/products/prd_00001', '/nowhere', '/openapi.json', '/topology']) {
        const answer = await clientOf(target()).get(path, { headers: { [name]: 'evil.example' } })
        expect(JSON.stringify(answer.headers) + answer.text, path).not.toContain('evil.example')
      }
    }
  })
})

const SQL = [
  `' OR '1'='1`,
  `1; DROP TABLE products; --`,
  `" OR ""="`,
  `%`,
  `cat_0_`,
  `0x27`,
  `\\' OR 1=1 #`,
  `1 UNION SELECT password FROM users`,
]

const POISON = [
  '{"__proto__":{"role":"admin"},"email":"a@example.com","password":"12345678","name":"A"}',
  '{"constructor":{"prototype":{"role":"admin"}},"email":"a@example.com","password":"12345678","name":"A"}',
  '{"email":"a@example.com","password":"12345678","name":{"__proto__":{"x":1}}}',
]

const BROKEN_TEXT: [string, string][] = [
  ['half of a surrogate pair in a name', '"name":"\\ud800"'],
  ['a NUL in a name', '"name":"a\\u0000b"'],
  ['a line break in a name', '"name":"a\\r\\nb"'],
  ['a header after the address', '"email":"a@example.com\\r\\nBcc: b@example.com"'],
  ['a NUL in the address', '"email":"a\\u0000@example.com"'],
  ['half of a surrogate pair in the address', '"email":"\\udfff@example.com"'],
  ['white space around the address', '"email":" a@example.com "'],
  ['two addresses', '"email":"a@example.com,b@example.com"'],
]
