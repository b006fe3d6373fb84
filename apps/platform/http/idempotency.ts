import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { ShopError } from './errors.ts'

/** What the caller names a request by, so that sending it again has no second effect; scoped to the user. */
export type IdempotentRequest = {
  readonly userId: string
  readonly key: string
  /** SHA-256 of what was asked: the same key with another body is an error. */
  readonly requestHash: Buffer
}

/** An answer and whether it was given before. */
export type Answer<Value> = { readonly value: Value; readonly replayed: boolean }

const MOST_CHARACTERS = 255

/** The headers of a request that is safe to send again. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.String({
    minLength: 1,
    maxLength: MOST_CHARACTERS,
    pattern: '^[!-~]+$',
    description: 'Names the request: sent again with the same key and body, it is answered as before and done once',
    examples: ['7f1c9a52'],
  }),
})

/** For the description of answers that may be replayed. */
export const REPLAYED_FIELD = {
  'Idempotent-Replayed': Type.Optional(Type.Literal('true', { description: 'The request was answered before' })),
}

/** `about` is what makes the request itself: its body and the ids in its path. */
export function idempotentRequest(request: FastifyRequest, userId: string, about: unknown): IdempotentRequest {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string' || key.length === 0 || key.length > MOST_CHARACTERS || !/^[\x21-\x7e]+$/.test(key)) {
    throw new ShopError('BAD_REQUEST', `the header Idempotency-Key is required: 1 to ${MOST_CHARACTERS} printable characters`)
  }
  return { userId, key, requestHash: createHash('sha256').update(JSON.stringify(about)).digest() }
}

/** The experiment `idempotency=off`: each request is taken for a new one, whatever its key. */
export function forgetKeys(app: FastifyInstance): void {
  app.addHook('preHandler', (request, _reply, done) => {
    const { headers } = request
    if (headers['idempotency-key'] !== undefined) headers['idempotency-key'] += `~${crypto.randomUUID()}`
    done()
  })
}

/** What was sent of a key that is stored: no drill sends one with a tilde. */
export function keyAsSent(stored: string): string {
  return stored.replace(/~.*/, '')
}

export function assertSameRequest(stored: Buffer, { requestHash }: IdempotentRequest): void {
  if (!stored.equals(requestHash)) throw new ShopError('KEY_REUSED')
}

export function answer<Value>(reply: FastifyReply, { value, replayed }: Answer<Value>): Value {
  if (replayed) reply.header('idempotent-replayed', 'true')
  return value
}
