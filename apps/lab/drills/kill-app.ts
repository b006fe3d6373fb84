import { setTimeout as sleep } from 'node:timers/promises'
import { signalGroup } from '../../../infra/process/process-group.ts'
import { type Drill, describeFailures, eventNow, type FaultEvent, failuresOf } from './drill.ts'
import { missingCopies, programsOf, untilGone, untilHealed } from './programs.ts'
import { backNow, silentSince } from './returned.ts'
import type { Sent } from './traffic/recording.ts'

const SETTLE_MS = 1_000

/** A crash: only what the killed app had in its hands may fail. */
export const killApp: Drill = {
  summary: 'KILL to one app; only requests in flight at that moment may fail.',
  missing: missingCopies,
  limitsMs: { writes: 250, pages: 250, loggedIn: 250 },
  async inject(stage, events) {
    const [app] = programsOf(stage(), 'app')
    if (!app) throw new Error('the stage has no app')
    events.push(eventNow(`KILL ${app.name}`, app.name))
    signalGroup(app, 'SIGKILL')
    await untilGone(app)
    events.push(eventNow(`${app.name} is gone`, app.name))
    await untilHealed(stage, app)
    events.push(backNow(app.name))
    await sleep(SETTLE_MS)
  },
  unprotected: [{ set: ['redispatch=off'], finds: 'requests failed that began after the app was gone' }],
  judge(sent, [killed, gone, ...rest]) {
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
  },
}

/** `others` have answered requests well: copies of the app that nobody has touched. */
type Fault = { killed: FaultEvent; gone: FaultEvent; others: ReadonlySet<string> }

/** What no kill can excuse. */
const REASONS: readonly [what: string, applies: (failed: Sent, fault: Fault) => boolean][] = [
  ['ended before the app was killed', ({ endedAt }, { killed }) => endedAt < killed.at],
  ['began after the app was gone', ({ startedAt }, { gone }) => startedAt > gone.at],
  [
    'another app answered',
    ({ startedAt, endedAt, servedBy = '' }, { killed, gone, others }) =>
      endedAt >= killed.at && startedAt <= gone.at && others.has(servedBy),
  ],
]
