import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { clientOf, type Problem, type Target } from '../client.ts'
import { freshProduct, newShopper, registration, type Shopper } from '../people.ts'
import { expectProblem, type Order, type ProductPage } from '../shapes.ts'

const PRODUCT_ID = 'prd_00001'
const PRODUCT = `/products/${PRODUCT_ID}`

/** What holds for every answer, whatever the route. */
export function answersContract(target: () => Target): void {
  describe('every answer', () => {
    let someone: Shopper
    beforeAll(async () => {
      someone = await newShopper(target())
    })

    it('says who served it', async () => {
      for (const path of [PRODUCT, '/products?limit=0', '/nowhere', '/health/live', '/sessions/current']) {
        expect((await clientOf(target()).get(path)).headers['x-served-by'], path).toMatch(/^[a-z][a-z0-9-]*$/)
      }
    })

    it('that depends on who asks is kept by nobody on the way', async () => {
      const { client, email, password } = await newShopper(target())
      const order = await client.post('/orders', { items: [{ productId: PRODUCT_ID, quantity: 1 }] }, { key: randomUUID() })
      const answers = [order, await client.post('/sessions', { email, password })]
      const paths = [
        '/sessions/current',
        '/orders',
        '/products/recently-viewed',
        '/cart',
        PRODUCT,
        '/orders/ord_none',
        '/nowhere',
      ]
      for (const path of paths) answers.push(await client.get(path))
      answers.push(await clientOf(target()).get('/orders'), await client.delete('/sessions/current'))
      for (const { headers, text } of answers) expect(headers['cache-control'], text).toBe('no-store')
    })

    it('has a request id of its own when it is a problem', async () => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => clientOf(target()).get('/nowhere')))
      expect(new Set(answers.map(({ body }) => body.requestId)).size).toBe(5)
    })

    it('is a problem for an unknown path', async () => {
      for (const path of ['/nowhere', '/products/prd_00001/nowhere', '/Products', '/orders//payments']) {
        expectProblem(await clientOf(target()).get(path), 404, 'NOT_FOUND')
      }
    })

    it.each([
      'DELETE /products/prd_00001',
      'PUT /orders',
      'POST /products',
      'PATCH /sessions/current',
      'GET /users',
      'POST /health/live',
    ])('is a problem for the wrong method: %s', async (line) => {
      const [method = '', path = ''] = line.split(' ')
      expectProblem(await clientOf(target()).call<Problem>(method, path), 405, 'METHOD_NOT_ALLOWED')
    })

    it.each(['/products/prd_00001', '/orders', '/cart', '/sessions/current', '/health/live', '/openapi.json'])(
      'refuses a query that it does not know: %s',
      async (path) => {
        expect((await someone.client.get(path)).status).toBe(200)
        expectProblem(await someone.client.get(`${path}?nonsense=1`), 400, 'BAD_REQUEST')
      },
    )

    it('to HEAD has no body and the headers of GET', async () => {
      const head = await clientOf(target()).call('HEAD', PRODUCT)
      const get = await clientOf(target()).get<ProductPage>(PRODUCT)
      expect([head.status, head.text]).toEqual([200, ''])
      expect(head.headers['content-type']).toBe(get.headers['content-type'])
    })

    it('explains its databases when asked, and only then', async () => {
      const product = await freshProduct(target(), 5)
      const shopper = await newShopper(target())
      const explain = { headers: { 'x-explain': '1' } }
      const page = await shopper.client.get(`/products/${product.id}`, explain)
      const items = { items: [{ productId: product.id, quantity: 1 }] }
      const order = await shopper.client.post<Order>('/orders', items, { ...explain, key: randomUUID() })
      for (const { status, headers } of [page, order]) {
        expect(status).toBeLessThan(300)
        const timings = String(headers['server-timing']).split(', ')
        for (const timing of timings) expect(timing).toMatch(/^[a-z][\w-]*(;desc="[^"]+")?;dur=\d+(\.\d+)?$/)
        // One of several: a page may come from any of them.
        expect((target().databaseNames ?? ['']).filter((name) => timings.join().includes(name))).not.toEqual([])
      }
      expect((await shopper.client.get(`/products/${product.id}`)).headers['server-timing']).toBeUndefined()
    })
  })

  describe('a request', () => {
    let shopper: Shopper
    beforeAll(async () => {
      shopper = await newShopper(target())
    })
    const order = (headers: Record<string, string>) =>
      shopper.client.post('/orders', { items: [] }, { key: randomUUID(), headers })

    it('may carry 64 KiB and no more', async () => {
      const raw = (bytes: number) => JSON.stringify(registration({ name: '' })).replace('""', `"${'n'.repeat(bytes)}"`)
      const headers = { 'content-type': 'application/json' }
      const send = (bytes: number) => clientOf(target()).call('POST', '/users', { raw: raw(bytes), headers })
      expectProblem(await send(65_000), 400, 'BAD_REQUEST')
      expectProblem(await send(65_537), 413, 'PAYLOAD_TOO_LARGE')
    })

    it.each([
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/xml',
      'application/jsonp',
      '',
    ])('with the content type "%s" is refused', async (type) => {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
      const answer = await clientOf(target()).call('POST', '/users', { raw: JSON.stringify(registration()), headers })
      expectProblem(answer, 415, 'UNSUPPORTED_MEDIA_TYPE')
    })

    it('may name the character set of its JSON', async () => {
      const headers = { 'content-type': 'application/json; charset=utf-8' }
      const answer = await clientOf(target()).call('POST', '/users', { raw: JSON.stringify(registration()), headers })
      expect(answer.status, answer.text).toBe(201)
    })

    it.each(['', '{', '{"email":}', 'null', '[]', '"text"', '{} {}', '\u0000'])('with the body %j is refused', async (raw) => {
      const answer = await clientOf(target()).call('POST', '/users', { raw, headers: { 'content-type': 'application/json' } })
      expectProblem(answer, 400, 'BAD_REQUEST')
    })

    it.each(CROSS_SITE)('that changes something and comes from another site is refused: %j', async (headers) => {
      expectProblem(await order(headers), 403, 'CROSS_SITE')
      const out = await shopper.client.delete('/sessions/current', { headers })
      expectProblem(out, 403, 'CROSS_SITE')
      expect((await shopper.client.get('/sessions/current')).status).toBe(200)
    })

    it('from the shop’s own pages is taken', async () => {
      const { origin } = new URL(target().url)
      for (const headers of [{ origin }, { origin, 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }]) {
        expectProblem(await order(headers as Record<string, string>), 400, 'BAD_REQUEST')
      }
    })

    it('that only reads may come from anywhere', async () => {
      const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
      expect((await clientOf(target()).get(PRODUCT, { headers })).status).toBe(200)
    })
  })
}

const CROSS_SITE: Record<string, string>[] = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: 'http://127.0.0.1:1' },
]
