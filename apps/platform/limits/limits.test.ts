import { randomUUID } from 'node:crypto'
import { afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { passTime, type RedisDatabase, redisDatabase } from '../../fixtures/redis-database.ts'
import type { Limit } from '../http/standing.ts'
import { type FailureLimiter, type Limiter, memoryFailureLimiter, memoryLimiter } from './limits.ts'
import { redisFailureLimiter, redisLimiter } from './redis-limits.ts'

// Only the clocks are false: the timers of the Redis client must go on.
beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'] }))
afterEach(() => vi.useRealTimers())

const windowMs = 60_000
const refusal = expect.objectContaining({ code: 'TOO_MANY_REQUESTS' })
const atMost = (most: number): Limit => ({ name: `test-${randomUUID()}`, most, windowMs })

let redis: RedisDatabase
beforeAll(async () => {
  redis = await redisDatabase(inject('redisUrl'))
  return () => redis.close()
})

type Makers = { limiter(limit: Limit): Limiter; failureLimiter(limit: Limit): FailureLimiter; pass(ms: number): Promise<void> }
const inMemory: Makers = {
  limiter: memoryLimiter,
  failureLimiter: memoryFailureLimiter,
  pass: async (ms) => void vi.advanceTimersByTime(ms),
}
const inRedis: Makers = {
  limiter: (limit) => redisLimiter(redis.shop, limit),
  failureLimiter: (limit) => redisFailureLimiter(redis.shop, limit),
  pass: (ms) => passTime(redis, ms),
}

describe.each([
  ['in memory', inMemory],
  ['in Redis', inRedis],
])('a limit %s', (_, { limiter, pass }) => {
  test('says what is left, and refuses the call after the last allowed one', async () => {
    const limit = atMost(2)
    const { take } = limiter(limit)
    expect(await take('a')).toMatchObject({ limit, remaining: 1 })
    await pass(10_000)
    expect(await take('a')).toMatchObject({ limit, remaining: 0 })
    await expect(take('a')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', standing: { limit, remaining: 0 } })
  })

  test('tells the seconds until the window ends, which later calls do not put off (R10)', async () => {
    const { take } = limiter(atMost(1))
    const { resetMs } = await take('a')
    expect(resetMs).toBeGreaterThan(windowMs - 5_000)
    expect(resetMs).toBeLessThanOrEqual(windowMs)
    for (const leftS of [40, 20]) {
      await pass(20_000)
      const refused = await take('a').catch((error: unknown) => error)
      expect(refused).toMatchObject({ retryAfterS: expect.any(Number) })
      const { retryAfterS } = refused as { retryAfterS: number }
      expect(retryAfterS).toBeLessThanOrEqual(leftS)
      expect(retryAfterS).toBeGreaterThan(leftS - 5)
    }
    await pass(20_000)
    await take('a')
  })

  test('counts keys and limits apart', async () => {
    const [one, other] = [limiter(atMost(1)), limiter(atMost(1))]
    await one.take('a')
    await one.take('b')
    await other.take('a')
    await expect(one.take('b')).rejects.toEqual(refusal)
  })

  test('lets exactly as many through as are allowed when all come at once', async () => {
    const { take } = limiter(atMost(30))
    const all = await Promise.allSettled(Array.from({ length: 100 }, () => take('a')))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(30)
  })
})

describe.each([
  ['in memory', inMemory],
  ['in Redis', inRedis],
])('a limit of failures %s', (_, { failureLimiter, pass }) => {
  const right = async () => 'in'
  const wrong = async () => undefined

  test('counts failures alone, and then refuses even the right one until the window ends', async () => {
    const limiter = failureLimiter(atMost(2))
    for (let turn = 0; turn < 5; turn++) expect(await limiter.guard('a', right)).toBe('in')
    await limiter.guard('a', wrong)
    await limiter.guard('a', wrong)
    await expect(limiter.guard('a', right)).rejects.toEqual(refusal)
    expect(await limiter.guard('b', right)).toBe('in')
    await pass(windowMs)
    expect(await limiter.guard('a', right)).toBe('in')
  })

  test('does not count what broke before it was known to be right or wrong', async () => {
    const limiter = failureLimiter(atMost(1))
    const broken = async () => Promise.reject(new Error('the database is down'))
    for (let turn = 0; turn < 3; turn++) await expect(limiter.guard('a', broken)).rejects.toThrow('the database is down')
    expect(await limiter.guard('a', right)).toBe('in')
  })

  test('lets many right ones in at once', async () => {
    const limiter = failureLimiter(atMost(2))
    const all = await Promise.all(Array.from({ length: 20 }, () => limiter.guard('a', right)))
    expect(all).toEqual(Array(20).fill('in'))
  })

  test('lets no more guesses through at once than one after the other', async () => {
    const limiter = failureLimiter(atMost(3))
    const guess = vi.fn(wrong)
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => limiter.guard('a', guess)))
    expect(guess).toHaveBeenCalledTimes(3)
    expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(17)
  })
})
