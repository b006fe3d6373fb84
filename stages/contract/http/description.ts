import { Compile } from 'typebox/schema'
import { beforeAll, describe, expect, it } from 'vitest'
import { clientOf, type Target } from '../client.ts'
import { type OpenApi, type RawOperation, rawOperationsOf } from './openapi.ts'

/** The OpenAPI document says what is sent: clients are generated from it. */
export function descriptionContract(target: () => Target): void {
  describe('the OpenAPI document', () => {
    let document: OpenApi
    let operations: [string, RawOperation][]
    beforeAll(async () => {
      document = (await clientOf(target()).get<OpenApi>('/openapi.json')).body
      operations = rawOperationsOf(document)
    })
    const find = (label: string) => operations.find(([other]) => other === label)?.[1] ?? {}
    const fieldsOf = (label: string, status: string) => Object.keys(find(label).responses?.[status]?.headers ?? {})

    it('describes every error as the problem that it is', () => {
      for (const [label, { responses = {} }] of operations) {
        const failures = Object.entries(responses).filter(([status]) => /^[45]/.test(status))
        expect(failures.length, label).toBeGreaterThan(0)
        for (const [, { content = {} }] of failures) expect(Object.keys(content), label).toEqual(['application/problem+json'])
      }
    })

    it('gives every operation a name of its own', () => {
      const names = operations.map(([, { operationId }]) => operationId)
      for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z]{2,40}$/)
      expect(new Set(names).size).toBe(names.length)
    })

    it('says what type an answer is of', () => {
      expect(Object.keys(find('GET /metrics').responses?.['200']?.content ?? {})).toEqual(['text/plain'])
    })

    it('says who must be logged in, and which bodies may be left out', () => {
      const open = operations.filter(([, { security }]) => security === undefined).map(([label]) => label)
      expect(open).toEqual(expect.arrayContaining(['DELETE /sessions/current', 'POST /users', 'GET /products']))
      expect(open).not.toContain('DELETE /sessions')
      const optional = operations.filter(([, { requestBody }]) => requestBody?.required === false).map(([label]) => label)
      expect(optional).toEqual(['POST /orders/{id}/cancellation'])
    })

    it('says by which codes carts are refused', () => {
      expect(find('PUT /cart/items/{productId}').description).toMatch(/\bCART_FULL\b/)
      expect(find('POST /orders').description).toMatch(/\bCART_EMPTY\b.*\bCART_CHANGED\b/)
    })

    it('says which header fields come with an answer', () => {
      for (const [label, { responses = {} }] of operations) {
        for (const { headers = {} } of Object.values(responses)) expect(headers, label).toHaveProperty('X-Served-By')
      }
      expect(fieldsOf('POST /sessions', '201')).toContain('Set-Cookie')
      expect(fieldsOf('POST /orders', '201')).toContain('Idempotent-Replayed')
      expect(fieldsOf('POST /orders/{id}/payments', '201')).toContain('Idempotent-Replayed')
      expect(fieldsOf('POST /products/{id}/flash-sale', '201')).toContain('Idempotent-Replayed')
    })

    it('has examples of bodies, and they are right', () => {
      for (const [label, { requestBody }] of operations) {
        const { schema, example } = requestBody?.content?.['application/json'] ?? {}
        // A sale's end cannot be given for good.
        if (!schema || /cancellation|flash-sale/.test(label)) continue
        expect(example, label).toBeDefined()
        expect(Compile(schema).Check(example), label).toBe(true)
      }
    })

    it('says in words what no schema can', () => {
      expect(JSON.stringify(find('POST /orders').requestBody)).toMatch(/each product once/i)
      expect(JSON.stringify(find('POST /products/{id}/flash-sale').requestBody)).toMatch(/24 hours/)
    })
  })
}
