/** Small data that many requests want at once, where the setting `hotData` puts it (A12, B18). What must not be lost is in MySQL either way. */
import type { Settings } from '../../infra/stage/settings.ts'
import type { Bestsellers } from '../orders/bestsellers.ts'
import { databaseBestsellers } from '../orders/database-bestsellers.ts'
import { redisBestsellers } from '../orders/redis-bestsellers.ts'
import type { Repeated } from '../platform/process/repeated.ts'
import type { RedisClient } from '../platform/redis/client.ts'
import type { RedisClients } from '../platform/redis/redis.ts'
import type { Stores } from '../platform/stores/connect.ts'
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

/** Each is made for the module that has it, and only where that runs. */
export type HotData = {
  bestsellers(): Bestsellers
  recentlyViewed(): RecentlyViewed
  codes(): VerificationCodes
  gate(): SaleGate
}

export type HotDataParts = {
  readonly settings: Settings
  readonly stores: Stores
  readonly redis: RedisClients
  /** Work that goes on while this process runs, unless a worker does it for all. */
  work(one: Repeated): void
  /** Work that each process has to do itself. */
  own(one: Repeated): void
  readonly hasWorker: boolean
}

export function hotData(parts: HotDataParts): HotData {
  const made = MAKERS[parts.settings.hotData](parts)
  // Whoever opens a sale and whoever is let in by it meet at one gate.
  let gate: SaleGate | undefined
  return {
    ...made,
    gate() {
      gate ??= made.gate()
      return gate
    },
  }
}

const MAKERS = {
  mysql: ({ stores }: HotDataParts): HotData => ({
    bestsellers: () => databaseBestsellers(stores.orders),
    recentlyViewed: () => databaseRecentlyViewed(stores.users),
    codes: () => databaseVerificationCodes(stores.users),
    gate: () => NO_GATE,
  }),
  redis(parts: HotDataParts): HotData {
    const { settings, stores, redis, work, own, hasWorker } = parts
    const { cache, state } = redis
    if (!cache || !state) throw new Error('hotData=redis needs a stage with a Redis for the cache and one for state')
    return {
      bestsellers: () => alsoDoing(work, redisBestsellers(state, stores.orders)),
      recentlyViewed: () => VIEWS[settings.views](cache, state, parts),
      codes: () => redisVerificationCodes(state),
      // An app in doubt counts for itself: no worker knows of its doubt.
      gate: () => alsoDoing(own, redisSaleGate(state, stores.products.whole(), { counts: hasWorker ? 'in doubt' : 'always' })),
    }
  },
}

/** What each page view costs, and what is left of the lists when Redis has lost them. */
const VIEWS = {
  forget: (cache: RedisClient): RecentlyViewed => redisRecentlyViewed(cache),
  'write-through': (cache: RedisClient, _state: RedisClient, { stores }: HotDataParts): RecentlyViewed =>
    cachedRecentlyViewed(cache, databaseRecentlyViewed(stores.users)),
  'write-behind': (cache: RedisClient, state: RedisClient, { stores, work }: HotDataParts): RecentlyViewed =>
    cachedRecentlyViewed(cache, alsoDoing(work, queuedRecentlyViewed(state, stores.users))),
}

function alsoDoing<Part extends Repeated>(does: (one: Repeated) => void, part: Part): Part {
  does(part)
  return part
}
