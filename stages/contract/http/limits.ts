import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Answer, clientOf, type Problem, type Target } from '../client.ts'
import { newShopper, registration } from '../people.ts'
import { expectProblem } from '../shapes.ts'
import type { OpenApi } from './openapi.ts'

/** Failed log-ins in 15 minutes for each pair of account and address, in the stages' default settings. */
const FAILED_LOG_INS = 10
/** More app processes than any stage has: each counts alone where limits are kept in its memory. */
const MOST_APPS = 4

export function limitsContract(target: () => Target): void {
  describe('limits', () => {
    it('stop who guesses a password, and say for how long; other accounts go on', async () => {
      const victim = await newShopper(target())
      const { tries, last } = await guess(target(), victim.email)
      expectProblem(last, 429, 'TOO_MANY_REQUESTS')
      expectRetryAfter(last)
      expectStanding(last, 'failed-log-ins', 15 * 60)
      const times = target().limitsTimes
      if (times !== undefined) expect(tries).toBe(FAILED_LOG_INS * times)
      // One lucky guess must not open what the limit has closed; the first to answer otherwise has not counted.
      const right = await clientOf(target()).post('/sessions', { email: victim.email, password: victim.password })
      expectProblem(right, 429, 'TOO_MANY_REQUESTS')
      expect((await victim.client.get('/sessions/current')).status).toBe(200)
      await newShopper(target())
    })

    it('are told to who comes under them, however the request ends', async () => {
      const { client, email, password } = await newShopper(target())
      const [right, wrong] = [
        await client.post('/sessions', { email, password }),
        await client.post('/sessions', { email, password: 'x' }),
      ]
      expect([right.status, wrong.status]).toEqual([201, 401])
      for (const answer of [right, wrong]) expectStanding(answer, 'log-ins', 60)
      const taken = await client.post('/users', { ...registration(), email })
      expectProblem(taken, 409, 'EMAIL_TAKEN')
      expectStanding(taken, 'registrations', 60)
      const nothing = await client.post('/orders', { items: [{ productId: 'prd_none', quantity: 1 }] }, { key: randomUUID() })
      expectProblem(nothing, 404, 'PRODUCT_NOT_FOUND')
      expectStanding(nothing, 'orders', 60)
    })

    it.each([
      ['/users', '201', []],
      ['/sessions', '201', ['Set-Cookie']],
      ['/orders', '201', ['Idempotent-Replayed']],
      ['/verification-codes', '202', []],
    ])('of POST %s are described, and so is when to try again', async (path, status, own) => {
      const { body } = await clientOf(target()).get<OpenApi>('/openapi.json')
      const headersOf = (answer: string) => Object.keys(body.paths[path]?.post?.responses?.[answer]?.headers ?? {})
      const fields = ['RateLimit-Policy', 'RateLimit', 'X-Served-By', 'Cache-Control']
      expect(headersOf(status)).toEqual([...own, ...fields])
      for (const refusal of ['4XX', '5XX']) expect(headersOf(refusal)).toEqual(['Retry-After', ...fields])
    })
  })
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-11: at most `q` in `w` seconds, and `r` more in the next `t` of them. */
function expectStanding({ headers, status }: Answer<unknown>, policy: string, windowS: number): void {
  const [, q] = new RegExp(`"${policy}";q=(\\d+);w=${windowS}(?:,|$)`).exec(String(headers['ratelimit-policy'])) ?? []
  const [, r, t] = new RegExp(`"${policy}";r=(\\d+);t=(\\d+)(?:,|$)`).exec(String(headers.ratelimit)) ?? []
  expect(Number(r), `${headers['ratelimit-policy']} ${headers.ratelimit}`).toBeLessThan(Number(q))
  expect(Number(t)).toBeLessThanOrEqual(windowS)
  if (status === 429) expect([r, Number(headers['retry-after'])]).toEqual(['0', Number(t)])
}

/** Tries wrong passwords until every app process refuses to check another; counts those that were checked. */
async function guess(target: Target, email: string): Promise<{ tries: number; last: Answer<Problem> }> {
  let refusals = 0
  let tries = 0
  for (let count = 0; count < (FAILED_LOG_INS + 2) * MOST_APPS; count++) {
    const last = await clientOf(target).post('/sessions', { email, password: `guess number ${count}` })
    refusals = last.status === 429 ? refusals + 1 : 0
    if (last.status === 401) tries++
    if (refusals === MOST_APPS) return { tries, last }
  }
  throw new Error(`${tries} wrong passwords were checked and no limit was met`)
}

/** `Retry-After` in whole seconds, of which there is at least one. */
export function expectRetryAfter(answer: Answer<unknown>): void {
  expect(answer.headers['retry-after']).toMatch(/^[1-9]\d{0,4}$/)
}
