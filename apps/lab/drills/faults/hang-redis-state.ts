import { setTimeout as sleep } from 'node:timers/promises'
import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { signalProgram, whileFrozen } from '../programs.ts'
import { declaredLoss, missingRedis, notePromotion, redisPrimary, whileAlone } from '../redis-groups.ts'

/** From STOP to CONT. */
const HUNG_MS = 6_000

/** The primary for sessions falls silent with all its connections open, and wakes when another one has taken its place. */
export const hangRedisState: Drill = {
  summary: 'the replica receives nothing for a moment, then STOP to the primary for sessions; its replica is promoted; CONT.',
  missing: missingRedis('state', 2),
  limitsMs: { writes: 5_000, pages: 0, loggedIn: 5_000 },
  async inject(stage, events, { rush }) {
    const primary = await redisPrimary(stage(), 'state')
    await whileAlone(stage(), primary, {
      rush,
      async fault() {
        events.push(eventNow(`STOP ${primary.name}`, primary.name))
        await signalProgram(primary, 'SIGSTOP')
      },
    })
    await whileFrozen([primary], () => Promise.all([sleep(HUNG_MS), notePromotion(stage(), primary, events, HUNG_MS)]))
    events.push(eventNow(`CONT ${primary.name}`, primary.name))
  },
  mayLoseSessions: declaredLoss,
  unprotected: [{ set: ['revocations=off'], finds: 'revoked session seen' }],
}
