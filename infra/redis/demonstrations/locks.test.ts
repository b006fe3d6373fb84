import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

const LOCK = 'lock:order:123'
const RELEASE_OWN = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

/** True for who gets it. */
async function take(redis: Redis, value: string): Promise<boolean> {
  return (await redis.set(LOCK, value, 'PX', 30_000, 'NX')) === 'OK'
}

/** As after thirty seconds. */
async function expire(redis: Redis): Promise<void> {
  await redis.del(LOCK)
}

describe('a lock with the value true (R20)', () => {
  test('who comes back late releases the next one’s, and a third one gets in', async ({ redis }) => {
    expect(await take(redis, 'true')).toBe(true)
    await expire(redis)
    expect(await take(redis, 'true')).toBe(true)
    // The first one has finished at last.
    await redis.del(LOCK)
    expect(await take(redis, 'true')).toBe(true)
  })

  test('with a value of the owner’s own, compared and deleted in one step, only the owner releases it', async ({ redis }) => {
    const [late, next, third] = [randomUUID(), randomUUID(), randomUUID()]
    await take(redis, late)
    await expire(redis)
    await take(redis, next)
    expect(await redis.eval(RELEASE_OWN, 1, LOCK, late)).toBe(0)
    expect(await take(redis, third)).toBe(false)
    expect(await redis.eval(RELEASE_OWN, 1, LOCK, next)).toBe(1)
  })

  test('without any release, the next one waits until it expires', async ({ redis }) => {
    await take(redis, 'true')
    expect(await take(redis, 'true')).toBe(false)
    expect(await redis.pttl(LOCK)).toBeGreaterThan(0)
  })
})
