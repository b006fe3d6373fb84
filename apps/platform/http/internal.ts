import { timingSafeEqual } from 'node:crypto'
import type { onRequestHookHandler } from 'fastify'
import { ShopError } from './errors.ts'
import { INTERNAL_KEY_HEADER } from './remote.ts'

/** For routes between the shop's own processes: to anybody else there is nothing at this address. */
export function refuseStrangers(key: string): onRequestHookHandler {
  const expected = Buffer.from(key)
  return ({ headers }, _reply, done) => {
    const given = Buffer.from(String(headers[INTERNAL_KEY_HEADER] ?? ''))
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new ShopError('NOT_FOUND')
    done()
  }
}
