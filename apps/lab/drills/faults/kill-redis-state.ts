import type { Drill } from '../drill.ts'
import { loseRedisPrimary } from '../lose-redis-primary.ts'
import { declaredLoss, missingRedis, redisPrimary } from '../redis-groups.ts'

/** The machine that holds the sessions is lost, and with it the last second of what was written there. */
export const killRedisState: Drill = {
  summary: 'the replica receives nothing for a moment, then KILL to the primary for sessions; no ended session comes back.',
  missing: missingRedis('state', 2),
  limitsMs: { writes: 3_000, pages: 0, loggedIn: 3_000 },
  async inject(stage, events, means) {
    await loseRedisPrimary(await redisPrimary(stage(), 'state'), { stage, events, ...means })
  },
  mayLoseSessions: declaredLoss,
  unprotected: [{ set: ['revocations=off'], finds: 'revoked session seen' }],
}
