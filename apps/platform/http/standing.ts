import type { FastifyReply } from 'fastify'
import Type from 'typebox'

/** At most `most` in each window, which starts with a key's first count. `name` is what clients, metrics and Redis keys call it. */
export type Limit = { readonly name: string; readonly most: number; readonly windowMs: number }

/** What a key may still do, and when its window ends. */
export type Standing = { readonly limit: Limit; readonly remaining: number; readonly resetMs: number }

/**
 * Tells a client what it may still do, before it has to be refused: the fields `RateLimit-Policy` and `RateLimit` of
 * draft-ietf-httpapi-ratelimit-headers-11, such as `"orders";q=100;w=60` and `"orders";r=99;t=60`. Quota in requests, times in seconds.
 */
export function announceLimit(reply: FastifyReply, { limit, remaining, resetMs }: Standing): void {
  const { name, most, windowMs } = limit
  append(reply, 'ratelimit-policy', `"${name}";q=${most};w=${Math.ceil(windowMs / 1_000)}`)
  append(reply, 'ratelimit', `"${name}";r=${remaining};t=${Math.max(0, Math.ceil(resetMs / 1_000))}`)
}

/** For the description of answers that carry the fields. */
export const LIMIT_FIELDS = {
  'RateLimit-Policy': Type.String({
    description: 'The limits of the request: at most q in w seconds, such as "orders";q=100;w=60',
  }),
  RateLimit: Type.String({ description: 'What is left of them: r more in the next t seconds, such as "orders";r=99;t=60' }),
}

/** Both fields are lists: a request may come under several limits. */
function append(reply: FastifyReply, field: string, item: string): void {
  const before = reply.getHeader(field)
  reply.header(field, before === undefined ? item : `${before}, ${item}`)
}
