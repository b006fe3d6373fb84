/** Small data that many requests want at once, where the setting `hotData` puts it (A12, B18). What must not be lost is in MySQL either way. */
import type { Settings } from '../../infra/stage/settings.ts'
import type { Bestsellers } from '../orders/bestsellers.ts'
import { databaseBestsellers } from '../orders/database-bestsellers.ts'
import { redisBestsellers } from '../orders/redis-bestsellers.ts'
import type { Databases } from '../platform/mysql/database.ts'
import type { Repeated } from '../platform/process/repeated.ts'
import type { RedisClient, RedisClients } from '../platform/redis/redis.ts'
import { NO_GATE, type SaleGate } from '../products/flash-sales/gate.ts'
import { redisSaleGate } from '../products/flash-sales/redis-gate.ts'
import { databaseVerificationCodes } from '../users/database-verification-codes.ts'
import { cachedRecentlyViewed } from '../users/recently-viewed/cached.ts'
import { databaseRecentlyViewed } from '../users/recently-viewed/database.ts'
import { queuedRecentlyViewed } from '../users/recently-viewed/queued.ts'
import type { RecentlyViewed } from '../users/recently-viewed/recently-viewed.ts'
import { redisRecentlyViewed } from '../users/recently-viewed/redis.ts'
import { redisVerificationCodes } from '../users/redis-verification-codes.ts'
import type { VerificationCodes } from '../users/verification-codes.ts'
import type { Config } from './config.ts'

export type HotData = {
  readonly bestsellers: Bestsellers
  readonly recentlyViewed: RecentlyViewed
  readonly codes: VerificationCodes
  readonly gate: SaleGate
  /** Work that goes on while this process runs. */
  readonly repeated: readonly Repeated[]
}

type Views = Pick<HotData, 'recentlyViewed' | 'repeated'>

type Division = Pick<Config, 'hasWorker'>

export function hotData(settings: Settings, databases: Databases, redis: RedisClients, division: Division): HotData {
  return MAKERS[settings.hotData](settings, databases, redis, division)
}

const MAKERS = {
  mysql: (_settings: Settings, databases: Databases): HotData => ({
    bestsellers: databaseBestsellers(databases),
    recentlyViewed: databaseRecentlyViewed(databases),
    codes: databaseVerificationCodes(databases),
    gate: NO_GATE,
    repeated: [],
  }),
  redis({ views }: Settings, databases: Databases, { cache, state }: RedisClients, { hasWorker }: Division): HotData {
    if (!cache || !state) throw new Error('hotData=redis needs a stage with a Redis for the cache and one for state')
    const bestsellers = redisBestsellers(state, databases)
    const gate = redisSaleGate(state, databases, { counts: hasWorker ? 'in doubt' : 'always' })
    const { recentlyViewed, repeated } = VIEWS[views](cache, state, databases)
    const codes = redisVerificationCodes(state)
    return { bestsellers, recentlyViewed, codes, gate, repeated: hasWorker ? [gate] : [bestsellers, gate, ...repeated] }
  },
}

/** What each page view costs, and what is left of the lists when Redis has lost them. */
const VIEWS = {
  forget: (cache: RedisClient): Views => ({ recentlyViewed: redisRecentlyViewed(cache), repeated: [] }),
  'write-through': (cache: RedisClient, _state: RedisClient, databases: Databases): Views => ({
    recentlyViewed: cachedRecentlyViewed(cache, databaseRecentlyViewed(databases)),
    repeated: [],
  }),
  'write-behind'(cache: RedisClient, state: RedisClient, databases: Databases): Views {
    const queued = queuedRecentlyViewed(state, databases)
    return { recentlyViewed: cachedRecentlyViewed(cache, queued), repeated: [queued] }
  },
}
