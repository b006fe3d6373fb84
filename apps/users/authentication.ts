import type { FastifyReply, FastifyRequest } from 'fastify'
import { ShopError } from '../platform/http/errors.ts'
import type { User } from './schemas.ts'
import type { Users } from './users.ts'

/** Who asks: by the session that comes with the request, or by the word of whoever has looked at that. */
export interface Visitors {
  /** False where nothing says that anybody is logged in: then there is nothing to look up. */
  mayBeKnown(request: FastifyRequest): boolean
  find(request: FastifyRequest): Promise<User | undefined>
}

export const SESSION_COOKIE = 'sid'

/** A client that has logged in, and keeps the cookie to itself, would not know why. */
const NO_COOKIE =
  'Log in first: no session cookie came. It is Secure, and some clients send such ones over https alone; for them start the shop with --set secureCookies=off'

/** The token that came with the request. Most requests come without, so nothing is read before somebody asks. */
export function sessionToken({ headers, server }: FastifyRequest): string | undefined {
  return headers.cookie === undefined ? undefined : server.parseCookie(headers.cookie)[SESSION_COOKIE]
}

export function visitorsBySession(users: Pick<Users, 'findBySession'>): Visitors {
  return {
    mayBeKnown: (request) => sessionToken(request) !== undefined,
    async find(request) {
      const token = sessionToken(request)
      return token ? users.findBySession(token) : undefined
    },
  }
}

/** Who is logged in. Throws NOT_LOGGED_IN. */
export async function requireUser(visitors: Visitors, request: FastifyRequest): Promise<User> {
  if (!visitors.mayBeKnown(request)) throw new ShopError('NOT_LOGGED_IN', NO_COOKIE)
  const user = await visitors.find(request)
  if (!user) throw new ShopError('NOT_LOGGED_IN')
  return user
}

/** Throws NOT_LOGGED_IN, or FORBIDDEN for anybody but an admin. */
export async function requireAdmin(visitors: Visitors, request: FastifyRequest): Promise<User> {
  const user = await requireUser(visitors, request)
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
