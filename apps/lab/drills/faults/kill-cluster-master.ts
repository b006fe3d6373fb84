import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import { signalGroup } from '../../../../infra/process/process-group.ts'
import { redisOf } from '../../runner/redis-servers.ts'
import type { Drill, Means } from '../drill.ts'
import { eventNow, type FaultEvent } from '../fault-events.ts'
import { holdDown } from '../programs.ts'
import { declaredLoss, missingCluster, notePromotion, statePrimary, untilRedisWhole, whileAlone } from '../redis-groups.ts'
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
    await loseSessions(stage, events, means)
    // Until its new primary has a replica that is up to date a Cluster bears no second loss.
    await untilRedisWhole(stage, means.healWithinMs)
    const cache = oneOf(redisOf(stage(), 'cache'), means.draw)
    events.push(eventNow(`KILL ${cache.name}`, cache.name))
    signalGroup(cache, 'SIGKILL')
    await holdDown(stage, cache, DOWN_MS)
    events.push(eventNow(`${cache.name} starts again`, cache.name))
  },
  mayLoseSessions: declaredLoss,
  unprotected: [
    { set: ['revocations=off'], finds: 'revoked session seen' },
    { set: ['invalidation=none'], finds: 'stale read of a price' },
  ],
}

async function loseSessions(stage: () => StageState, events: FaultEvent[], { draw, rush }: Means): Promise<void> {
  const primary = await statePrimary(stage(), oneOf(redisOf(stage(), 'state'), draw).shard)
  await whileAlone(stage(), primary, {
    rush,
    fault() {
      events.push(eventNow(`KILL ${primary.name}`, primary.name))
      signalGroup(primary, 'SIGKILL')
    },
  })
  await Promise.all([holdDown(stage, primary, DOWN_MS), notePromotion(stage(), primary, events, DOWN_MS)])
  events.push(eventNow(`${primary.name} starts again`, primary.name))
}
