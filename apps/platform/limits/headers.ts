import type { FastifyReply } from 'fastify'
import type { TSchema } from 'typebox'
import { announceLimit, LIMIT_FIELDS } from '../http/standing.ts'
import type { Limiter } from './limits.ts'

/** Counts one against a limit, and tells the client what is left of it. Throws TOO_MANY_REQUESTS. */
export async function limitRate(reply: FastifyReply, limiter: Limiter, key: string): Promise<void> {
  announceLimit(reply, await limiter.take(key))
}

/** The schema of an answer of a route that counts against a limit, and has other fields of its own. */
export function limited<Schema extends TSchema>(schema: Schema, fields: object = {}): Schema {
  return { ...schema, headers: { ...fields, ...LIMIT_FIELDS } }
}
