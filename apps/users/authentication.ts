import type { FastifyReply, FastifyRequest } from 'fastify'
import { ShopError } from '../platform/http/errors.ts'
import type { User } from './schemas.ts'
import type { Users } from './users.ts'

export const SESSION_COOKIE = 'sid'

/** A client that has logged in, and keeps the cookie to itself, would not know why. */
const NO_COOKIE =
  'Log in first: no session cookie came. It is Secure, and some clients send such ones over https alone; for them start the shop with --set secureCookies=off'

/** The token that came with the request. Most requests come without, so nothing is read before somebody asks. */
export function sessionToken({ headers, server }: FastifyRequest): string | undefined {
  return headers.cookie === undefined ? undefined : server.parseCookie(headers.cookie)[SESSION_COOKIE]
}

/** Who is logged in. Throws NOT_LOGGED_IN. */
export async function requireUser(users: Users, request: FastifyRequest): Promise<User> {
  const token = sessionToken(request)
  if (token === undefined) throw new ShopError('NOT_LOGGED_IN', NO_COOKIE)
  const user = token ? await users.findBySession(token) : undefined
  if (!user) throw new ShopError('NOT_LOGGED_IN')
  return user
}

/** Throws NOT_LOGGED_IN, or FORBIDDEN for anybody but an admin. */
export async function requireAdmin(users: Users, request: FastifyRequest): Promise<User> {
  const user = await requireUser(users, request)
  if (user.role !== 'admin') throw new ShopError('FORBIDDEN')
  return user
}

/** `secure`: for https alone, or what a client takes for as safe. */
export function sessionCookies({ secure }: { readonly secure: boolean }) {
  const cookie = { httpOnly: true, secure, sameSite: 'lax', path: '/' } as const
  return {
    set: (reply: FastifyReply, token: string) => void reply.setCookie(SESSION_COOKIE, token, cookie),
    clear: (reply: FastifyReply) => void reply.clearCookie(SESSION_COOKIE, cookie),
  }
}
