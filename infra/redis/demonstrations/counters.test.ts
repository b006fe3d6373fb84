import type { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

const KEY = 'api:user:1001'

/** Both or neither, and the window ends when it was to end: NX sets a lifetime only where there is none (Redis 7). */
async function countInWindow(redis: Redis): Promise<number> {
  const [[, count] = []] = (await redis.multi().incr(KEY).expire(KEY, 60, 'NX').exec()) ?? []
  return Number(count)
}

describe('requests in a minute: INCR, then EXPIRE (R10)', () => {
  test('who dies between the two leaves a counter that never ends, and its user locked out for good', async ({ redis }) => {
    await redis.incr(KEY)
    expect(await redis.ttl(KEY)).toBe(-1)
  })

  test('EXPIRE at each request begins the minute again: who never pauses never gets a new one', async ({ redis }) => {
    for (let request = 1; request <= 5; request++) {
      expect(await redis.incr(KEY)).toBe(request)
      await redis.expire(KEY, 60)
      // Thirty seconds pass: after three requests the minute should be over.
      await redis.pexpire(KEY, (await redis.pttl(KEY)) - 30_000)
    }
  })

  test('in one transaction, with NX, the minute ends for those who never pause too', async ({ redis }) => {
    const counts: number[] = []
    for (let request = 0; request < 5; request++) {
      counts.push(await countInWindow(redis))
      await redis.pexpire(KEY, (await redis.pttl(KEY)) - 30_000)
    }
    expect(counts).toEqual([1, 2, 1, 2, 1])
  })

  test('and a counter that was left without an end gets one', async ({ redis }) => {
    await redis.incr(KEY)
    expect(await countInWindow(redis)).toBe(2)
    expect(await redis.ttl(KEY)).toBeGreaterThan(0)
  })
})
