import { beforeAll, describe, expect, it } from 'vitest'
import { clientOf, type Problem, sidCookie, type Target } from '../client.ts'
import { ADMIN_EMAIL, DEMO_PASSWORD, logIn, newShopper, registration, type Shopper } from '../people.ts'
import { expectKeys, expectProblem, type User } from '../shapes.ts'

export function sessionsContract(target: () => Target): void {
  describe('sessions', () => {
    let shopper: Shopper
    beforeAll(async () => {
      shopper = await newShopper(target())
    })

    it('logs in with the user and a cookie that scripts and other sites cannot use', async () => {
      const client = clientOf(target())
      const answer = await client.post<User>('/sessions', { email: shopper.email, password: shopper.password })
      expect(answer.status, answer.text).toBe(201)
      expectKeys(answer.body, 'user')
      expect(answer.body).toEqual(shopper.user)
      expect(sidCookie(answer)?.attributes).toEqual(expect.arrayContaining(['httponly', 'secure', 'samesite=lax', 'path=/']))
      expect(sidCookie(answer)?.attributes.filter((attribute) => attribute.startsWith('domain'))).toEqual([])
    })

    it('gives a token of at least 128 bits, a new one each time, and only in the cookie', async () => {
      const tokens = new Set<string>()
      for (let round = 0; round < 3; round++) {
        const answer = await clientOf(target()).post('/sessions', { email: shopper.email, password: shopper.password })
        const token = sidCookie(answer)?.value ?? ''
        // 22 characters of base64url or 32 of hexadecimal carry 128 bits.
        expect(token).toMatch(/^([0-9a-f]{32,}|(?=.*[G-Zg-z_-])[A-Za-z0-9_-]{22,})$/)
        expect(answer.text).not.toContain(token)
        tokens.add(token)
      }
      expect(tokens.size).toBe(3)
    })

    it('tells who is logged in, whichever replica is asked', async () => {
      for (let round = 0; round < 12; round++) {
        const answer = await shopper.client.get<User>('/sessions/current')
        expect(answer.status, `${answer.headers['x-served-by']}: ${answer.text}`).toBe(200)
        expect(answer.body).toEqual(shopper.user)
      }
    })

    it('knows the administrator', async () => {
      const answer = await clientOf(target()).post<User>('/sessions', { email: ADMIN_EMAIL, password: DEMO_PASSWORD })
      expect(answer.body).toMatchObject({ email: ADMIN_EMAIL, role: 'admin' })
    })

    it('answers 401 to everybody else', async () => {
      const stranger = await clientOf(target()).get('/sessions/current')
      expectProblem(stranger, 401, 'NOT_LOGGED_IN')
      // Python's cookie jar keeps a Secure cookie to itself on plain http.
      expect(stranger.body.detail).toContain('--set secureCookies=off')
      for (const sid of ['', 'x', 'a'.repeat(43), tampered(shopper.client.sid ?? '')]) {
        expectProblem(await withSid(target(), sid).get('/sessions/current'), 401, 'NOT_LOGGED_IN')
      }
    })

    it('says the same of a wrong password and an unknown address', async () => {
      const known = await clientOf(target()).post('/sessions', { email: shopper.email, password: 'a wrong password' })
      const unknown = await clientOf(target()).post('/sessions', { ...logInBody(), password: 'a wrong password' })
      expectProblem(known, 401, 'BAD_CREDENTIALS')
      expectProblem(unknown, 401, 'BAD_CREDENTIALS')
      expect(withoutRequestId(known.body)).toEqual(withoutRequestId(unknown.body))
      expect(sidCookie(known)).toBeUndefined()
    })

    it('ends this session at log-out, and this one only', async () => {
      const [leaving, staying] = [clientOf(target()), clientOf(target())]
      await logIn(leaving, shopper.email, shopper.password)
      await logIn(staying, shopper.email, shopper.password)
      const token = leaving.sid ?? ''
      expect((await leaving.delete('/sessions/current')).status).toBe(204)
      await expectDead(target(), token)
      expect((await staying.get('/sessions/current')).status).toBe(200)
    })

    it('ends all sessions of the user, and of no other, when asked', async () => {
      const other = await newShopper(target())
      const again = clientOf(target())
      await logIn(again, other.email, other.password)
      const tokens = [other.client.sid ?? '', again.sid ?? '']
      expect((await again.delete('/sessions')).status).toBe(204)
      for (const token of tokens) await expectDead(target(), token)
      expect((await shopper.client.get('/sessions/current')).status).toBe(200)
    })

    it('does not adopt a token that was planted before log-in', async () => {
      const planted = 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v'
      const victim = withSid(target(), planted)
      await logIn(victim, shopper.email, shopper.password)
      expect(victim.sid).not.toBe(planted)
      await expectDead(target(), planted)
    })

    it('ends the session under which somebody logs in again', async () => {
      const client = clientOf(target())
      await logIn(client, shopper.email, shopper.password)
      const before = client.sid ?? ''
      await logIn(client, shopper.email, shopper.password)
      expect(client.sid).not.toBe(before)
      await expectDead(target(), before)
      expect((await client.get('/sessions/current')).status).toBe(200)
    })

    it.each(WRONG_LOG_INS)('refuses %s', async (_, changes) => {
      expectProblem(await clientOf(target()).post('/sessions', { ...logInBody(), ...changes }), 400, 'BAD_REQUEST')
    })
  })
}

/** The token opens nothing, on none of the replicas. */
async function expectDead(target: Target, sid: string): Promise<void> {
  for (let round = 0; round < 3; round++) {
    expectProblem(await withSid(target, sid).get('/sessions/current'), 401, 'NOT_LOGGED_IN')
  }
}

function withSid(target: Target, sid: string) {
  const client = clientOf(target)
  client.sid = sid
  return client
}

function tampered(sid: string): string {
  return (sid.startsWith('A') ? 'B' : 'A') + sid.slice(1)
}

function logInBody() {
  const { email, password } = registration()
  return { email, password }
}

function withoutRequestId({ requestId: _, ...rest }: Problem): object {
  return rest
}

const WRONG_LOG_INS: [string, object][] = [
  ['a log-in without an address', { email: undefined }],
  ['a log-in without a password', { password: undefined }],
  ['an object as password', { password: { password: true } }],
  ['a list as address', { email: ['admin@example.com'] }],
  ['a number as password', { password: 12345678 }],
  ['an unknown field', { remember: true }],
]
