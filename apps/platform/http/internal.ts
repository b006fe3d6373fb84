import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { ShopError } from './errors.ts'

/** By which the shop's processes know each other. */
export const INTERNAL_KEY_HEADER = 'x-internal-key'

/** For routes between the shop's own processes: to anybody else there is nothing at this address. */
export function refuseStrangers(key: string): onRequestHookHandler {
  return (request, _reply, done) => {
    if (!isInternal(request, key)) throw new ShopError('NOT_FOUND')
    done()
  }
}

/** Whether another of the shop's processes has sent it. */
export function isInternal({ headers }: FastifyRequest, key: string | undefined): boolean {
  if (key === undefined) return false
  const [given, expected] = [Buffer.from(String(headers[INTERNAL_KEY_HEADER] ?? '')), Buffer.from(key)]
  return given.length === expected.length && timingSafeEqual(given, expected)
}
