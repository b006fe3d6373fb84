/** How long writes to a bucket waited while it was moved. Times are on the clock of `performance.now()`. */
import { REACHED } from '../../reshard/progress-line.ts'
import type { Write } from './bucket-writers.ts'
import type { Mover } from './mover.ts'

/** Between what the mover does and what is heard of it. */
const HEARD_MS = 50

/** Writes under way while the mover had its fence up. */
export function writesAtSwitch(writes: readonly Write[], { said }: Pick<Mover, 'said'>): Write[] {
  const timesOf = (says: string) => said.filter(({ line }) => line.includes(says)).map(({ at }) => at)
  const from = Math.min(...timesOf(REACHED.fenced)) - HEARD_MS
  const to = Math.max(...timesOf(REACHED.owned)) + HEARD_MS
  return writes.filter(({ startedAt, endedAt }) => startedAt <= to && endedAt >= from)
}
