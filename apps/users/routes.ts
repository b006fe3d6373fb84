import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Problem } from '../platform/http/problems.ts'
import { NoContent } from '../platform/http/schemas.ts'
import type { App } from '../platform/http/server.ts'
import { limited, limitRate } from '../platform/limits/headers.ts'
import type { ShopLimits } from '../platform/limits/shop-limits.ts'
import { requireUser, sessionCookies, sessionToken, type Visitors } from './authentication.ts'
import { LogIn, Registration, User } from './schemas.ts'
import type { Users } from './users.ts'

const security = [{ session: [] }]
/** Of an answer that logs in. */
const COOKIE_FIELD = { 'Set-Cookie': Type.String({ description: 'The session: sid=…; HttpOnly; Secure; SameSite=Lax; Path=/' }) }
const failures = { '4xx': Problem, '5xx': Problem }

type Options = { readonly addressOf: (request: FastifyRequest) => string; readonly secureCookies: boolean }
type Parts = {
  readonly users: Users
  readonly visitors: Visitors
  readonly limits: Pick<ShopLimits, 'logInsOfAddress' | 'registrationsOfAddress'>
}

export function usersRoutes(app: App, { users, visitors, limits }: Parts, { addressOf, secureCookies }: Options): void {
  const cookies = sessionCookies({ secure: secureCookies })
  const register = { tags: ['users'], summary: 'Register', body: Registration, response: { 201: limited(User), ...failures } }
  app.post('/users', { schema: register }, async (request, reply) => {
    await limitRate(reply, limits.registrationsOfAddress, addressOf(request))
    return reply.code(201).send(await users.register(request.body))
  })

  const logIn = { tags: ['users'], summary: 'Log in', body: LogIn, response: { 201: limited(User, COOKIE_FIELD), ...failures } }
  app.post('/sessions', { schema: logIn }, async (request, reply) => {
    const address = addressOf(request)
    await limitRate(reply, limits.logInsOfAddress, address)
    const { user, token } = await users.logIn({ ...request.body, address })
    await endSessionOf(users, sessionToken(request))
    cookies.set(reply, token)
    return reply.code(201).send(user)
  })

  const current = { tags: ['users'], summary: 'Who is logged in', security, response: { 200: User, ...failures } }
  app.get('/sessions/current', { schema: current }, (request) => requireUser(visitors, request))

  const logOut = { tags: ['users'], summary: 'Log out', response: { 204: NoContent, ...failures } }
  app.delete('/sessions/current', { schema: logOut }, async (request, reply) => {
    await endSessionOf(users, sessionToken(request))
    cookies.clear(reply)
    return reply.code(204).send(null)
  })

  const logOutAll = { ...logOut, summary: 'Log out everywhere', security }
  app.delete('/sessions', { schema: logOutAll }, async (request, reply) => {
    const user = await requireUser(visitors, request)
    await users.logOutEverywhere(user.id)
    // This one as well where it was missing among them.
    await endSessionOf(users, sessionToken(request))
    cookies.clear(reply)
    return reply.code(204).send(null)
  })
}

/** A new log-in ends the session that the browser had before (ASVS 5.0, 7.2.4). */
async function endSessionOf(users: Users, token: string | undefined): Promise<void> {
  if (token) await users.logOut(token)
}
