import { ShopError } from '../http/errors.ts'
import { codeOf } from './transactions.ts'

/** The server cannot be reached, is going down, or there is none. Too slow or too full is something else: repeating that makes it worse for all. */
export function isServerLost(error: unknown): boolean {
  if (error instanceof ShopError) return error.code === 'UNAVAILABLE'
  const code = codeOf(error)
  if (OVERLOADED.has(code)) return false
  if (LOST.has(code)) return true
  return error instanceof Error && 'fatal' in error && error.fatal === true
}

const OVERLOADED = new Set(['PROTOCOL_SEQUENCE_TIMEOUT', 'POOL_TIMEOUT', 'POOL_FULL', 'ER_CON_COUNT_ERROR'])
const LOST = new Set([
  'POOL_DROPPED',
  'SERVER_SILENT',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'ER_SERVER_SHUTDOWN',
  'ER_SESSION_WAS_KILLED',
])
