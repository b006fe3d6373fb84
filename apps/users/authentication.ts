import type { FastifyReply, FastifyRequest } from 'fastify'
import { ShopError } from '../platform/http/errors.ts'
import type { User } from './schemas.ts'
import type { Users } from './users.ts'

export const SESSION_COOKIE = 'sid'

/** Who is logged in. Throws NOT_LOGGED_IN. */
export async function requireUser(users: Users, request: FastifyRequest): Promise<User> {
  const token = request.cookies[SESSION_COOKIE]
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

const COOKIE = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const

export function setSessionCookie(reply: FastifyReply, token: string): void {
  reply.setCookie(SESSION_COOKIE, token, COOKIE)
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, COOKIE)
}
