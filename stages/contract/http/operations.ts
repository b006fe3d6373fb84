import { Compile } from 'typebox/schema'
import { describe, expect, it } from 'vitest'
import { clientOf, type Target } from '../client.ts'
import { METHODS, type OpenApi, operationsOf } from './openapi.ts'

/** What the people who run the shop look at. */
export function operationsContract(target: () => Target): void {
  describe('for those who run the shop', () => {
    it('it is alive and ready', async () => {
      expect((await clientOf(target()).get('/health/live')).status).toBe(200)
      expect((await clientOf(target()).get('/health/ready')).status).toBe(200)
    })

    it('it tells its metrics as Prometheus text', async () => {
      await clientOf(target()).get('/products/prd_00001')
      const { status, headers, text } = await clientOf(target()).get('/metrics')
      expect(status).toBe(200)
      expect(headers['content-type']).toMatch(/^text\/plain\b/)
      const lines = text.split('\n').filter((line) => line !== '')
      for (const line of lines) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|[a-zA-Z_:][\w:]*(\{.*\})? \S+( \d+)?)$/)
      expect(lines.filter((line) => /^\w*http\w*request\w*[{ ]/.test(line)).length).toBeGreaterThan(0)
      expect(lines.some((line) => line.startsWith('process_cpu_'))).toBe(true)
    })

    it('its metrics do not grow with what strangers ask for', async () => {
      const nonce = `nonce${Math.random().toString(36).slice(2)}`
      for (let round = 0; round < 6; round++) await clientOf(target()).get(`/${nonce}/${round}?${nonce}`)
      for (let round = 0; round < 6; round++) expect((await clientOf(target()).get('/metrics')).text).not.toContain(nonce)
    })

    it('it tells its topology', async () => {
      const { status, body, text } = await clientOf(target()).get<object>('/topology')
      expect(status).toBe(200)
      expect(body).toBeTypeOf('object')
      const page = await clientOf(target()).get('/products/prd_00001')
      expect(text).toContain(`"${page.headers['x-served-by']}"`)
      expect(text).not.toMatch(/mysql:\/\/|password/i)
    })

    it('it has pages about its API', async () => {
      const answer = await clientOf(target()).get('/docs')
      const { status, headers } = answer.status === 302 ? await clientOf(target()).get(String(answer.headers.location)) : answer
      expect([status, headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/html\b/)])
    })

    it('its OpenAPI document covers the contract', async () => {
      const { status, body } = await clientOf(target()).get<OpenApi>('/openapi.json')
      expect(status).toBe(200)
      expect(body.openapi).toMatch(/^3\.[01]\.\d$/)
      const described = operationsOf(body).map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`)
      expect(described).toEqual(expect.arrayContaining(CONTRACT))
    })

    it('its OpenAPI document is whole: every parameter declared, every schema usable, every answer described', async () => {
      const { body } = await clientOf(target()).get<OpenApi>('/openapi.json')
      for (const operation of operationsOf(body)) {
        const { label } = operation
        const inPath = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
        expect(inPath, label).toEqual([...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))
        for (const { schema } of operation.parameters) expect(() => Compile(schema), label).not.toThrow()
        if (operation.body !== undefined) Compile(operation.body)
        const statuses = Object.keys(operation.responses)
        expect(
          statuses.some((status) => /^2/.test(status)),
          `${label} declares what it answers`,
        ).toBe(true)
        for (const { schema } of Object.values(operation.responses)) if (schema !== undefined) Compile(schema)
        if (METHODS.includes(operation.method) && CONTRACT.includes(label) && !/health|metrics|topology/.test(label)) {
          expect(
            statuses.some((status) => /^4/.test(status)),
            `${label} declares how it refuses`,
          ).toBe(true)
        }
      }
    })
  })
}

const CONTRACT = [
  'POST /users',
  'POST /sessions',
  'DELETE /sessions',
  'GET /sessions/current',
  'DELETE /sessions/current',
  'GET /products',
  'GET /products/{}',
  'GET /products/bestsellers',
  'GET /products/recently-viewed',
  'POST /products/{}/flash-sale',
  'POST /verification-codes',
  'POST /verifications',
  'PATCH /products/{}',
  'GET /cart',
  'PUT /cart/items/{}',
  'POST /orders',
  'GET /orders',
  'GET /orders/{}',
  'POST /orders/{}/payments',
  'POST /orders/{}/cancellation',
  'GET /admin/orders',
  'GET /admin/sales',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /topology',
]
