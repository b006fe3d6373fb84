import { redisOf } from '../../runner/redis-servers.ts'
import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { holdDown, signalProgram } from '../programs.ts'
import { missingRedis } from '../redis-groups.ts'

const DOWN_MS = 3_000

/** The cache is a copy: without it the shop is slower, and it may show nothing old when it is back. */
export const killRedisCache: Drill = {
  summary: 'KILL to the cache; pages come from MySQL meanwhile, and none shows an old price.',
  missing: missingRedis('cache', 1),
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  async inject(stage, events, { healWithinMs }) {
    const [cache] = redisOf(stage(), 'cache')
    if (!cache) throw new Error('the stage has no cache')
    events.push(eventNow(`KILL ${cache.name}`, cache.name))
    await signalProgram(cache, 'SIGKILL')
    await holdDown({ stage, program: cache, healWithinMs }, DOWN_MS)
    events.push(eventNow(`${cache.name} starts again`, cache.name))
  },
  unprotected: [{ set: ['invalidation=none'], finds: 'stale read of a price' }],
}
