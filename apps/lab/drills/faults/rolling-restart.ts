import { setTimeout as sleep } from 'node:timers/promises'
import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { missingCopies, programsOf, signalProgram, untilHealed } from '../programs.ts'
import { backNow, silentSince } from '../returned.ts'
import { buySlowly } from '../traffic/journeys.ts'

/** Until the balancer sends requests to the copy that has come back. */
const PAUSE_MS = 1_000
/** Two for each of three copies. */
const SLOW_AT_ONCE = 6
/** Until they are ordered and their payments under way, for 2 s. */
const UNDER_WAY_MS = 300

/** A deployment: every copy of the app in turn is told to stop and is started again, and their worker like them. */
export const rollingRestart: Drill = {
  summary: 'TERM to one app after the other; no request may fail.',
  missing: missingCopies,
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  async inject(stage, events, { rush, healWithinMs }) {
    for (const app of [...programsOf(stage(), 'app'), ...programsOf(stage(), 'worker')]) {
      rush(buySlowly, SLOW_AT_ONCE)
      await sleep(UNDER_WAY_MS)
      events.push(eventNow(`TERM ${app.name}`, app.name))
      await signalProgram(app, 'SIGTERM')
      await untilHealed(stage, app, healWithinMs)
      events.push(app.kind === 'app' ? backNow(app.name) : eventNow(`${app.name} runs again`, app.name))
      await sleep(PAUSE_MS)
    }
  },
  judge: silentSince,
  unprotected: [{ set: ['drain=off'], finds: 'requests failed that the fault does not touch' }],
}
