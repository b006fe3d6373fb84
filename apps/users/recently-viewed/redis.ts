import type { RedisClient } from '../../platform/redis/client.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { redisScript } from '../../platform/redis/script.ts'
import { MOST_VIEWED, type RecentlyViewed, VIEWS_KEPT_MS } from './recently-viewed.ts'

/**
 * A capped list for each user (I4), in the Redis that may forget: these lists grow with the number of users, and must not fill the one
 * that sessions are in. While it is away nobody has looked at anything.
 */
export function redisRecentlyViewed(cache: RedisClient): RecentlyViewed {
  const add = redisScript(cache, ADD)
  return {
    async add(userId, productId) {
      await add(KEYS.recentlyViewed(userId), [productId, MOST_VIEWED, VIEWS_KEPT_MS])
    },
    of: (userId) => cache.lrange(KEYS.recentlyViewed(userId), 0, MOST_VIEWED - 1).catch(() => []),
  }
}

/** One step, so that no reader finds the product twice, or a list longer than it may be. */
const ADD = `
redis.call('LREM', KEYS[1], 0, ARGV[1])
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])`
