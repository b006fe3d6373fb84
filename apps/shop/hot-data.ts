/** Small data that many requests want at once, where the setting `hotData` puts it (A12, B18). What must not be lost is in MySQL either way. */
import type { Settings } from '../../infra/stage/settings.ts'
import type { RedisRole } from '../../infra/stage/topology.ts'
import type { Bestsellers } from '../orders/bestsellers.ts'
import { databaseBestsellers } from '../orders/database-bestsellers.ts'
import { redisBestsellers, shownBestsellers } from '../orders/redis-bestsellers.ts'
import type { Repeated } from '../platform/process/repeated.ts'
import type { RedisClient } from '../platform/redis/client.ts'
import type { RedisClients } from '../platform/redis/redis.ts'
import { type Stores, storeOf } from '../platform/stores/connect.ts'
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
  /** Consumers of events count what is sold. */
  readonly tellsEvents?: boolean
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
    bestsellers: () => databaseBestsellers(storeOf(stores, 'orders')),
    recentlyViewed: () => databaseRecentlyViewed(storeOf(stores, 'users')),
    codes: () => databaseVerificationCodes(storeOf(stores, 'users')),
    gate: () => NO_GATE,
  }),
  redis(parts: HotDataParts): HotData {
    const { settings, stores, redis, work, own, hasWorker, tellsEvents } = parts
    const state = () => redis.state ?? missing('state')
    return {
      bestsellers: () =>
        tellsEvents
          ? shownBestsellers(state(), storeOf(stores, 'orders'))
          : alsoDoing(work, redisBestsellers(state(), storeOf(stores, 'orders'))),
      recentlyViewed: () => VIEWS[settings.views](parts),
      codes: () => redisVerificationCodes(state()),
      // An app in doubt counts for itself: no worker knows of its doubt.
      gate() {
        // Far from the catalogue nobody could mend its counts: there MySQL says to each buyer that he is too late.
        if (!stores.products) return NO_GATE
        const counts = hasWorker ? 'in doubt' : 'always'
        return alsoDoing(own, redisSaleGate(state(), stores.products.whole(), { counts }))
      },
    }
  },
}

/** What each page view costs, and what is left of the lists when Redis has lost them. */
const VIEWS = {
  forget: ({ redis }: HotDataParts): RecentlyViewed => redisRecentlyViewed(redis.cache ?? missing('cache')),
  'write-through': ({ redis, stores }: HotDataParts): RecentlyViewed =>
    cachedWhere(redis.cache, databaseRecentlyViewed(storeOf(stores, 'users'))),
  'write-behind': ({ redis, stores, work }: HotDataParts): RecentlyViewed => {
    const queued = queuedRecentlyViewed(redis.state ?? missing('state'), storeOf(stores, 'users'))
    return cachedWhere(redis.cache, alsoDoing(work, queued))
  },
}

function cachedWhere(cache: RedisClient | undefined, kept: RecentlyViewed): RecentlyViewed {
  return cache ? cachedRecentlyViewed(cache, kept) : kept
}

function missing(role: RedisRole): never {
  throw new Error(`hotData=redis needs a Redis for ${role} here`)
}

function alsoDoing<Part extends Repeated>(does: (one: Repeated) => void, part: Part): Part {
  does(part)
  return part
}
