/** What the shop limits, and why an attacker gains little while the Redis that counts is away. */

import type { Settings } from '../../../infra/stage/settings.ts'
import type { Limit } from '../http/standing.ts'
import type { RedisClient } from '../redis/client.ts'
import type { Key } from '../redis/key.ts'
import { KEYS } from '../redis/keys.ts'
import { type FailureLimiter, type Limiter, memoryFailureLimiter, memoryLimiter } from './limits.ts'
import { redisFailureLimiter, redisLimiter } from './redis-limits.ts'

export type ShopLimits = {
  readonly logInsOfAddress: Limiter
  readonly registrationsOfAddress: Limiter
  readonly failuresOfPair: FailureLimiter
  readonly ordersOfUser: Limiter
  readonly codesOfAddress: Limiter
}

const MINUTE_MS = 60_000

export function shopLimits(settings: Settings, state: RedisClient | undefined): ShopLimits {
  const { limiter, failureLimiter } = MAKERS[settings.limits](state)
  return {
    // Redis away: each app counts for itself. A flood of passwords to check would cost more than the few more of a lax limit.
    logInsOfAddress: limiter({ name: 'log-ins', most: settings.logInsPerMinute, windowMs: MINUTE_MS }),
    // Redis away: as for log-ins. A registration costs a hash as well, and its answer tells whether an address is taken.
    registrationsOfAddress: limiter({ name: 'registrations', most: settings.registrationsPerMinute, windowMs: MINUTE_MS }),
    // Redis away: each app counts for itself. Open would be a time to guess, closed would lock everybody out: neither may
    // be had by attacking Redis.
    failuresOfPair: failureLimiter({
      name: 'failed-log-ins',
      most: settings.failedLogInsPer15Minutes,
      windowMs: 15 * MINUTE_MS,
    }),
    // Redis away: each app counts for itself. Orders do not need Redis, so a limit may not be why they stop.
    // Keys of their own, as who counts orders has no business with those who guess passwords.
    ordersOfUser: limiter({ name: 'orders', most: settings.ordersPerMinute, windowMs: MINUTE_MS }, KEYS.orderLimitWindow),
    // Redis away: codes cannot be kept either, so there is nothing to count; where they are in MySQL, each app counts for itself.
    codesOfAddress: limiter({ name: 'codes', most: settings.codesPerMinute, windowMs: MINUTE_MS }),
  }
}

const MAKERS = {
  memory: () => ({ limiter: (limit: Limit, _?: Key) => memoryLimiter(limit), failureLimiter: memoryFailureLimiter }),
  redis(state: RedisClient | undefined) {
    if (!state) throw new Error('limits=redis needs a stage with a Redis for state')
    return {
      limiter: (limit: Limit, windowKey?: Key) => redisLimiter(state, limit, windowKey),
      failureLimiter: (limit: Limit) => redisFailureLimiter(state, limit),
    }
  },
}
