import { setTimeout as sleep } from 'node:timers/promises'
import { signalGroup } from '../../../../infra/process/process-group.ts'
import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { missingCopies, programsOf, untilHealed } from '../programs.ts'
import { backNow, silentSince } from '../returned.ts'

/** Until the balancer sends requests to the copy that has come back. */
const PAUSE_MS = 1_000

/** A deployment: every copy of the app in turn is told to stop and is started again, and their worker like them. */
export const rollingRestart: Drill = {
  summary: 'TERM to one app after the other; no request may fail.',
  missing: missingCopies,
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  async inject(stage, events, { healWithinMs }) {
    for (const app of [...programsOf(stage(), 'app'), ...programsOf(stage(), 'worker')]) {
      events.push(eventNow(`TERM ${app.name}`, app.name))
      signalGroup(app, 'SIGTERM')
      await untilHealed(stage, app, healWithinMs)
      events.push(app.kind === 'app' ? backNow(app.name) : eventNow(`${app.name} runs again`, app.name))
      await sleep(PAUSE_MS)
    }
  },
  judge: silentSince,
  unprotected: [{ set: ['drain=off'], finds: 'requests failed that the fault does not touch' }],
}
