import type { RedisRole } from '../../../infra/stage/topology.ts'
import { countCorruptValue } from '../http/metrics.ts'
import { logLine } from '../process/log.ts'

/** So that a Redis full of corrupt values does not fill the log as well. */
const MOST_LINES_A_SECOND = 10

let second = 0
let lines = 0
let untold = 0

/** What Redis answers where a key holds a value of another type (R18). */
export function isWrongType({ message }: Error): boolean {
  return message.startsWith('WRONGTYPE')
}

/** A key holds what no app has written. Whoever finds it goes on as if it held nothing; it is counted, and told in the log. */
export function noteCorruptValue(redis: RedisRole, key: string): void {
  countCorruptValue(redis)
  const now = Math.floor(performance.now() / 1_000)
  if (now !== second) lines = 0
  second = now
  if (lines === MOST_LINES_A_SECOND) {
    untold += 1
    return
  }
  lines += 1
  logLine(40, `redis ${redis}: ${key} holds what no app has written${untold > 0 ? `, and so did ${untold} more keys` : ''}`)
  untold = 0
}
