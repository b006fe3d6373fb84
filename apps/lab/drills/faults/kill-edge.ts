import type { Drill } from '../drill.ts'
import type { FaultEvent } from '../fault-events.ts'
import { killOnly, missingProgram } from '../kills.ts'
import type { Sent } from '../traffic/recording.ts'

const BACK_WITHIN_MS = 1_000

/** Nobody stands beside the load balancer: what it costs is the time until it is started again. */
export const killEdge: Drill = {
  summary: `KILL to the load balancer; requests are answered again within ${BACK_WITHIN_MS / 1_000} s.`,
  missing: missingProgram('haproxy', 'a load balancer'),
  limitsMs: { writes: BACK_WITHIN_MS, pages: BACK_WITHIN_MS, loggedIn: BACK_WITHIN_MS },
  inject: (stage, events, { healWithinMs }) => killOnly('haproxy', { stage, events, healWithinMs }),
  judge: judgeReturn,
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}

/** By the first request that began after the kill and was answered. */
function judgeReturn(sent: readonly Sent[], [killed]: readonly FaultEvent[]): string[] {
  if (!killed) return []
  const answered = sent.filter(({ startedAt, failure }) => startedAt > killed.at && failure === undefined)
  if (answered.length === 0) return [`nobody was answered any more once ${killed.program} was killed`]
  const afterMs = Math.round(Math.min(...answered.map(({ endedAt }) => endedAt)) - killed.at)
  if (afterMs <= BACK_WITHIN_MS) return []
  return [`${killed.program} answered again after ${afterMs} ms, and at most ${BACK_WITHIN_MS} ms are allowed`]
}
