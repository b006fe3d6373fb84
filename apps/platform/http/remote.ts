/** Calls to a module that runs in another process. */
import { requestStart } from './deadline.ts'
import { ERRORS, type ErrorCode, ShopError } from './errors.ts'
import { INTERNAL_KEY_HEADER } from './internal.ts'

export type RemotePlace = { readonly url: string; readonly key: string }
/** Answers the body. Throws what the module threw, or UNAVAILABLE, which does not say that nothing was done. */
export type Call = (method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown) => Promise<unknown>

/** Longer than a module takes that waits for a connection and a query as long as it may. */
const CALL_TIMEOUT_MS = 10_000

export function remote({ url, key }: RemotePlace): Call {
  return async (method, path, body) => {
    const headers = {
      [INTERNAL_KEY_HEADER]: key,
      ...requestStart(),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS)
    const sent = { method, headers, signal, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await fetch(url + path, sent).catch(unreachable)
    const answer: unknown = await response.json().catch(unreachable)
    if (response.ok) return answer
    throw problemOf(answer, response.headers.get('retry-after'))
  }
}

function unreachable(cause: unknown): never {
  throw new ShopError('UNAVAILABLE', 'another part of the shop does not answer', { cause, retryAfterS: 1 })
}

/** Its own code, so that its caller reads it as if it ran here. */
function problemOf(answer: unknown, retryAfter: string | null): ShopError {
  const { code, detail } = (answer ?? {}) as { code?: string; detail?: string }
  // That there is nothing at an internal address is a mistake between the two, and none of who asked.
  const isKnown = code !== undefined && code !== 'NOT_FOUND' && Object.hasOwn(ERRORS, code)
  if (isKnown) return new ShopError(code as ErrorCode, detail, retryAfter === null ? {} : { retryAfterS: Number(retryAfter) })
  return new ShopError('INTERNAL', undefined, { cause: answer })
}
