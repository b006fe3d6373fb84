import { describe, expect, it } from 'vitest'
import { clientOf, type Target } from '../client.ts'
import { expectProblem } from '../shapes.ts'

/** What a path answers to methods that it does not take. */
export function methodsContract(target: () => Target): void {
  describe('a path', () => {
    it.each(PATHS)('%s takes %s', async (path, allow) => {
      const all = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']
      for (const method of all.filter((one) => !allow.split(', ').includes(one))) {
        const answer = await clientOf(target()).call(method, path)
        expectProblem(answer, 405, 'METHOD_NOT_ALLOWED')
        expect(answer.headers.allow, method).toBe(allow)
      }
    })

    it.each(PATHS)('%s tells its methods to who asks for them', async (path, allow) => {
      const { status, text, headers } = await clientOf(target()).call('OPTIONS', `${path}?any=1`)
      expect([status, text, headers.allow]).toEqual([204, '', allow])
    })

    it('that takes no method is not found, whatever the method', async () => {
      for (const method of ['GET', 'POST', 'OPTIONS', 'PROPFIND']) {
        const answer = await clientOf(target()).call(method, '/nowhere')
        expectProblem(answer, 404, 'NOT_FOUND')
        expect(answer.headers.allow).toBeUndefined()
      }
    })

    it('takes no other method for a body of another type, or from another site', async () => {
      const headers = { 'content-type': 'text/plain', origin: 'https://evil.example' }
      expectProblem(await clientOf(target()).call('PUT', '/orders', { raw: 'x', headers }), 405, 'METHOD_NOT_ALLOWED')
    })
  })
}

const PATHS = [
  ['/users', 'POST, OPTIONS'],
  ['/sessions', 'DELETE, POST, OPTIONS'],
  ['/sessions/current', 'DELETE, GET, HEAD, OPTIONS'],
  ['/products', 'GET, HEAD, OPTIONS'],
  ['/products/prd_00001', 'GET, HEAD, PATCH, OPTIONS'],
  ['/products/bestsellers', 'GET, HEAD, OPTIONS'],
  ['/cart', 'GET, HEAD, OPTIONS'],
  ['/cart/items/prd_00001', 'PUT, OPTIONS'],
  ['/orders/ord_1/payments', 'POST, OPTIONS'],
  ['/health/live', 'GET, HEAD, OPTIONS'],
  ['/openapi.json', 'GET, HEAD, OPTIONS'],
] as const
