import type { Drill } from '../drill.ts'
import { describeFailures, type FaultEvent, failuresOf } from '../fault-events.ts'
import { kill } from '../kills.ts'
import { isWrite } from '../outages.ts'
import { missingCopies, programsOf } from '../programs.ts'
import { silentSince } from '../returned.ts'
import { oneOf } from '../traffic/choices.ts'
import type { Sent } from '../traffic/recording.ts'

/** A crash: only what the killed app had in its hands may fail. */
export const killApp: Drill = {
  summary: 'KILL to one app; only requests in flight may fail, and writes until the edge has taken it out.',
  missing: missingCopies,
  limitsMs: { writes: 250, pages: 250, loggedIn: 250 },
  async inject(stage, events, { draw, healWithinMs }) {
    await kill(oneOf(programsOf(stage(), 'app'), draw), { stage, events, healWithinMs })
  },
  unprotected: [{ set: ['redispatch=off'], finds: 'requests failed that began after the app was gone' }],
  judge: judgeKill,
}

/** Of events that begin with the kill of an app. */
export function judgeKill(sent: readonly Sent[], [killed, gone, ...rest]: readonly FaultEvent[]): string[] {
  if (!killed || !gone) return ['no app was killed']
  const others = new Set(sent.flatMap(({ failure, servedBy }) => (failure === undefined ? (servedBy ?? []) : [])))
  others.delete(killed.program)
  const failed = failuresOf(sent)
  const unexcused = REASONS.flatMap(([what, applies]) => {
    const wrong = failed.filter((one) => applies(one, { killed, gone, others }))
    if (wrong.length === 0) return []
    return [`${wrong.length} requests failed that ${what}`, ...describeFailures(wrong, [killed, gone, ...rest])]
  })
  return [...unexcused, ...silentSince(sent, rest)]
}

/** `others` have answered requests well: copies of the app that nobody has touched. */
type Fault = { killed: FaultEvent; gone: FaultEvent; others: ReadonlySet<string> }

/**
 * When its next check finds the app gone, the edge breaks off all that it has given to it, as it must where an app hangs; a write that was
 * just about to be given to another one is among them, and its outcome is unknown. Reads are asked again.
 */
const CUT_WITHIN_MS = 250

/** What no kill can excuse. */
const REASONS: readonly [what: string, applies: (failed: Sent, fault: Fault) => boolean][] = [
  ['ended before the app was killed', ({ endedAt }, { killed }) => endedAt < killed.at],
  [
    'began after the app was gone',
    ({ operation, startedAt }, { gone }) => startedAt > gone.at + (isWrite(operation) ? CUT_WITHIN_MS : 0),
  ],
  [
    'another app answered',
    ({ startedAt, endedAt, servedBy = '' }, { killed, gone, others }) =>
      endedAt >= killed.at && startedAt <= gone.at && others.has(servedBy),
  ],
]
