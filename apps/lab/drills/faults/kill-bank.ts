import type { Drill } from '../drill.ts'
import { describeFailures, type FaultEvent, failuresOf } from '../fault-events.ts'
import { killOnly, missingProgram } from '../kills.ts'
import type { Operation, Sent } from '../traffic/recording.ts'

/** Its start takes as long as the machine lets it. */
const MOST_MS = 10_000
const PAYMENTS: readonly Operation[] = ['payment', 'slow payment']

/** The card processor belongs to somebody else: while it is silent nothing is paid for, and everything else goes on. */
export const killBank: Drill = {
  summary: 'KILL to the bank; nothing but payments fails, and each is charged once in the end, or not at all.',
  missing: missingProgram('bank', 'a bank'),
  limitsMs: { writes: MOST_MS, pages: 0, loggedIn: 0 },
  inject: (stage, events, { healWithinMs }) => killOnly('bank', { stage, events, healWithinMs }),
  judge: (sent, events) => [...judgeOthers(sent, events), ...judgeLate(sent, events)],
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}

function judgeOthers(sent: readonly Sent[], events: readonly FaultEvent[]): string[] {
  const failed = failuresOf(sent).filter(({ operation }) => !PAYMENTS.includes(operation))
  if (failed.length === 0) return []
  return [`${failed.length} requests failed that need no bank`, ...describeFailures(failed, events)]
}

function judgeLate(sent: readonly Sent[], events: readonly FaultEvent[]): string[] {
  const [, , back] = events
  // That it did not come back is said already.
  if (!back) return []
  const later = sent.filter(({ startedAt }) => startedAt > back.at)
  const failed = failuresOf(later)
  return [
    ...(failed.length > 0
      ? [`${failed.length} requests failed that began after the bank was back`, ...describeFailures(failed, events)]
      : []),
    ...(later.some(isAnsweredPayment) ? [] : ['no payment was answered once the bank was back']),
  ]
}

function isAnsweredPayment({ operation, failure }: Sent): boolean {
  return PAYMENTS.includes(operation) && failure === undefined
}
