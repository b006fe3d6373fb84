/** Calls to a module that runs in another process. */
import { leftMs, requestStart, whenGone } from '../http/deadline.ts'
import { ERRORS, type ErrorCode, ShopError } from '../http/errors.ts'
import { noteTiming } from '../http/explain.ts'
import type { Signer } from './identity.ts'
import type { Service } from './service.ts'

/** A service, and the token by which it knows us. */
export type RemotePlace = { readonly service: Service; readonly sign: Signer }
/** Answers the body. Throws what the module threw, or UNAVAILABLE, which does not say that nothing was done. */
export type Call = (method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown) => Promise<unknown>

/** Longer than a module takes that waits for a connection and a query as long as it may. A request that has less left gives less. */
const CALL_TIMEOUT_MS = 10_000

export function remote({ service, sign }: RemotePlace): Call {
  return async (method, path, body) => {
    const headers = {
      authorization: `Bearer ${await sign()}`,
      ...requestStart(),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const startedAt = performance.now()
    const sent = { method, path, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const signal = whenGone()
    const answer = await service.send(sent, { withinMs: Math.min(CALL_TIMEOUT_MS, leftMs()), ...(signal && { signal }) })
    try {
      const value: unknown = await answer.body.json().catch(unreachable)
      noteTiming('hop', answer.from, performance.now() - startedAt)
      if (answer.statusCode < 300) return value
      throw problemOf(value, answer.headers['retry-after'])
    } finally {
      answer.done()
    }
  }
}

function unreachable(cause: unknown): never {
  throw new ShopError('UNAVAILABLE', 'another part of the shop does not answer', { cause, retryAfterS: 1 })
}

/** Its own code, so that its caller reads it as if it ran here. */
function problemOf(answer: unknown, retryAfter: string | string[] | undefined): ShopError {
  const { code, detail } = (answer ?? {}) as { code?: string; detail?: string }
  // That there is nothing at an internal address is a mistake between the two, and none of who asked.
  const isKnown = code !== undefined && code !== 'NOT_FOUND' && Object.hasOwn(ERRORS, code)
  if (isKnown)
    return new ShopError(code as ErrorCode, detail, retryAfter === undefined ? {} : { retryAfterS: Number(retryAfter) })
  return new ShopError('INTERNAL', undefined, { cause: answer })
}
