import { setTimeout as sleep } from 'node:timers/promises'
import type { Drill } from '../drill.ts'
import { eventNow, type FaultEvent } from '../fault-events.ts'
import { missingCopies, programsOf, whileFrozen } from '../programs.ts'
import { backNow, silentSince } from '../returned.ts'
import { oneOf } from '../traffic/choices.ts'
import { OVERTAKEN_AFTER_MS, reprice } from '../traffic/journeys.ts'
import type { Sent } from '../traffic/recording.ts'
import { ANSWERED_WITHIN_MS, waitFindings } from '../waits.ts'

/** From STOP to CONT; less than the 15 s after which the runner replaces what does not answer. */
const HUNG_MS = 11_000
const MARGIN_MS = 100
/** Several for each copy. */
const CHANGES_AT_ONCE = 12
const PAUSE_MS = 2_000

/** An app keeps its connections and answers nothing; when it wakes it goes on with what it had in its hands. */
export const hangApp: Drill = {
  summary:
    'STOP to one app, CONT 11 s later; no read fails, nobody waits for it longer than 1 s, and what it does late changes nothing.',
  missing: missingCopies,
  limitsMs: { writes: ANSWERED_WITHIN_MS, pages: 0, loggedIn: 0 },
  async inject(stage, events, { draw, rush }) {
    const app = oneOf(programsOf(stage(), 'app'), draw)
    events.push(eventNow(`STOP ${app.name}`, app.name))
    await whileFrozen([app], async () => {
      rush(reprice, CHANGES_AT_ONCE)
      await sleep(OVERTAKEN_AFTER_MS + MARGIN_MS)
      // What the app holds in its hands is overtaken by newer changes.
      rush(reprice, CHANGES_AT_ONCE)
      await sleep(HUNG_MS - OVERTAKEN_AFTER_MS - MARGIN_MS)
    })
    events.push(eventNow(`CONT ${app.name}`, app.name), backNow(app.name))
    await sleep(PAUSE_MS)
  },
  judge: (sent, events) => [...waitsMeanwhile(sent, events), ...silentSince(sent, events)],
  unprotected: [{ set: ['redispatch=off'], finds: 'requests failed that the fault does not touch' }],
}

function waitsMeanwhile(sent: readonly Sent[], [stopped, woken]: readonly FaultEvent[]): string[] {
  if (!stopped || !woken) return []
  return waitFindings(sent.filter(({ startedAt }) => startedAt >= stopped.at && startedAt <= woken.at))
}
