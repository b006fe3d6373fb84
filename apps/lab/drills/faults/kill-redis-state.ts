import { signalGroup } from '../../../../infra/process/process-group.ts'
import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { holdDown } from '../programs.ts'
import { declaredLoss, missingRedis, notePromotion, statePrimary, whileAlone } from '../redis-groups.ts'

/** A machine takes some time to start. */
const DOWN_MS = 4_000

/** The machine that holds the sessions is lost, and with it the last second of what was written there. */
export const killRedisState: Drill = {
  summary: 'the replica receives nothing for a moment, then KILL to the primary for sessions; no ended session comes back.',
  missing: missingRedis('state', 2),
  limitsMs: { writes: 3_000, pages: 0, loggedIn: 3_000 },
  async inject(stage, events, { rush }) {
    const primary = await statePrimary(stage())
    await whileAlone(stage(), primary, {
      rush,
      fault() {
        events.push(eventNow(`KILL ${primary.name}`, primary.name))
        signalGroup(primary, 'SIGKILL')
      },
    })
    await Promise.all([holdDown(stage, primary, DOWN_MS), notePromotion(stage(), primary, events, DOWN_MS)])
    events.push(eventNow(`${primary.name} starts again`, primary.name))
  },
  mayLoseSessions: declaredLoss,
  unprotected: [{ set: ['revocations=off'], finds: 'revoked session seen' }],
}
