import type { Redis } from 'ioredis'
import { KEYS } from '../../platform/redis/keys.ts'
import { MOST_VIEWED, type RecentlyViewed, VIEWS_KEPT_MS } from './recently-viewed.ts'

/**
 * A capped list for each user (I4), in the Redis that may forget: these lists grow with the number of users, and must not fill the one
 * that sessions are in. While it is away nobody has looked at anything.
 */
export function redisRecentlyViewed(cache: Redis): RecentlyViewed {
  return {
    async add(userId, productId) {
      const key = KEYS.recentlyViewed(userId)
      // One step, so that no reader finds the product twice, or a list longer than it may be.
      const step = cache
        .multi()
        .lrem(key, 0, productId)
        .lpush(key, productId)
        .ltrim(key, 0, MOST_VIEWED - 1)
      await step.pexpire(key, VIEWS_KEPT_MS).exec()
    },
    of: (userId) => cache.lrange(KEYS.recentlyViewed(userId), 0, MOST_VIEWED - 1).catch(() => []),
  }
}
