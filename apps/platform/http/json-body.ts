import type { FastifyInstance } from 'fastify'
import { ShopError } from './errors.ts'

/**
 * Bodies are JSON in UTF-8. A decoder that puts U+FFFD in the place of bytes which are none would spoil names without a word, and take
 * one wrong password for another.
 */
export function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error') as (request: unknown, body: string, done: Done) => void
  const decoder = new TextDecoder('utf-8', { fatal: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    // Many clients name the type with every call. Whether there must be a body is for the route to say.
    if (body.length === 0) return done(null)
    const text = decoded(decoder, body)
    if (text === undefined) return done(new ShopError('BAD_REQUEST', 'the body is not UTF-8'))
    parse(request, text, done)
  })
}

type Done = (error: Error | null, body?: unknown) => void

function decoded(decoder: InstanceType<typeof TextDecoder>, bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
