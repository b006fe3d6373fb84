import { redisOf } from '../../runner/redis-servers.ts'
import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { loseRedisPrimary } from '../lose-redis-primary.ts'
import { holdDown, signalProgram } from '../programs.ts'
import { declaredLoss, missingCluster, redisPrimary, untilRedisWhole } from '../redis-groups.ts'
import { oneOf } from '../traffic/choices.ts'

/** A machine takes some time to start. */
const DOWN_MS = 4_000

/** A server of each Cluster is lost, one after the other: a part of the sessions has a new primary, and a part of the cache is empty. */
export const killClusterMaster: Drill = {
  summary:
    'KILL to one primary for sessions whose replica lags, then to one of the cache; no ended session comes back, and a lost page is a miss.',
  missing: missingCluster,
  limitsMs: { writes: 3_000, pages: 0, loggedIn: 3_000 },
  async inject(stage, events, means) {
    const { shard } = oneOf(redisOf(stage(), 'state'), means.draw)
    await loseRedisPrimary(await redisPrimary(stage(), 'state', shard), { stage, events, ...means })
    // Until its new primary has a replica that is up to date a Cluster bears no second loss.
    await untilRedisWhole(stage, means.healWithinMs)
    const cache = oneOf(redisOf(stage(), 'cache'), means.draw)
    events.push(eventNow(`KILL ${cache.name}`, cache.name))
    await signalProgram(cache, 'SIGKILL')
    await holdDown({ stage, program: cache, ...means }, DOWN_MS)
    events.push(eventNow(`${cache.name} starts again`, cache.name))
  },
  mayLoseSessions: declaredLoss,
  unprotected: [
    { set: ['revocations=off'], finds: 'revoked session seen' },
    { set: ['invalidation=none'], finds: 'stale read of a price' },
  ],
}
