import { setTimeout as sleep } from 'node:timers/promises'
import { redisOf } from '../../runner/redis-servers.ts'
import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { kill } from '../kills.ts'
import { missingCopies, programsOf, whileFrozen } from '../programs.ts'
import { missingRedis } from '../redis-groups.ts'
import { oneOf } from '../traffic/choices.ts'
import { reprice } from '../traffic/journeys.ts'
import { judgeKill } from './kill-app.ts'

/** Longer than the apps wait before they give their connection up. */
const GIVEN_UP_AFTER_MS = 2_000
/** Some for each app. */
const CHANGES_AT_ONCE = 12
const CHANGED_WITHIN_MS = 1_000
/** From STOP to the end of what the killed app had in its hands; what fails until then is for `judgeKill` to say. */
const MOST_MS = GIVEN_UP_AFTER_MS + CHANGED_WITHIN_MS + 250

const needsCopies = missingCopies
const needsCache = missingRedis('cache', 1)

/** What an app has changed and could not tell the cache is forgotten with the app; then the cache wakes with the old pages. */
export const hangCache: Drill = {
  summary: 'STOP to the cache, prices change, KILL to one app, CONT to the cache; no page shows an old price.',
  missing: (stage) => needsCache(stage) ?? needsCopies(stage),
  limitsMs: { writes: MOST_MS, pages: MOST_MS, loggedIn: MOST_MS },
  async inject(stage, events, { draw, rush, healWithinMs }) {
    const [cache] = redisOf(stage(), 'cache')
    if (!cache) throw new Error('the stage has no cache')
    const app = oneOf(programsOf(stage(), 'app'), draw)
    events.push(eventNow(`STOP ${cache.name}`, cache.name))
    await whileFrozen([cache], async () => {
      await sleep(GIVEN_UP_AFTER_MS)
      rush(reprice, CHANGES_AT_ONCE)
      await sleep(CHANGED_WITHIN_MS)
      await kill(app, { stage, events, healWithinMs })
    })
    events.push(eventNow(`CONT ${cache.name}`, cache.name))
  },
  judge: (sent, [_, ...kills]) => judgeKill(sent, kills),
  unprotected: [{ set: ['invalidation=none'], finds: 'stale read of a price' }],
}
