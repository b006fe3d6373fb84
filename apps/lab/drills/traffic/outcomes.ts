/** What an answer to a request that changes something tells of its outcome. */
import { type HistoryLine, isKeyInUse, leavesOpen } from '../../../../loadtests/history.ts'
import { errorCodeOf } from './error-code.ts'
import type { Reply } from './shop-client.ts'

/** Only an answer that was read whole tells what happened; everything else may or may not have had effect, now or later. */
export function failureLine(operation: 'order' | 'payment', key: string, reply: Reply): HistoryLine | undefined {
  const { status, error } = reply
  if (status === 201) return undefined
  const code = errorCodeOf(reply)
  if (status === 0) return { kind: 'info', operation, key, detail: error }
  if (leavesOpen(status, code)) return { kind: 'info', operation, key, detail: `status ${status} ${code}` }
  return { kind: 'refused', operation, key, code }
}

/** The first request with this key may still be at work, or its lease not be over yet. */
export function isUnderWay(reply: Reply): boolean {
  return isKeyInUse(reply.status, errorCodeOf(reply))
}

/** To be sent again, with the same key where it has one. */
export function isUnfinished(reply: Reply): boolean {
  return reply.status === 429 || leavesOpen(reply.status, errorCodeOf(reply))
}
