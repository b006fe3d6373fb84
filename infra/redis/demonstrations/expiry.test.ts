import { randomInt } from 'node:crypto'
import type { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { isDue, lifetimeMs } from '../../../apps/platform/cache/lifetime.ts'
import { test } from './test-redis.ts'

const TTL_MS = 10_000
const STEP_MS = 4_000

/** Redis has no clock that a test could turn: so much of the key's life is taken away instead. */
async function passTime(redis: Redis, key: string, milliseconds: number): Promise<void> {
  const left = await redis.pttl(key)
  if (left >= 0) await redis.pexpire(key, left - milliseconds)
}

describe('"early expiration" by a script that adds up to 30 seconds to an entry near its end (R8)', () => {
  const EARLY_EXPIRE = `
local left = redis.call('PTTL', KEYS[1])
if left < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], left + ARGV[1]) end
return redis.call('GET', KEYS[1])`

  test('is the opposite: what is read often is never read anew', async ({ redis }) => {
    await redis.set('product:1', 'old price', 'PX', TTL_MS)
    for (let read = 0; read < 50; read++) {
      await passTime(redis, 'product:1', STEP_MS)
      expect(await redis.eval(EARLY_EXPIRE, 1, 'product:1', STEP_MS + randomInt(30_000))).toBe('old price')
    }
  })

  test('a refresh before the end reads the value anew, and nothing is shown for longer than was promised', async ({ redis }) => {
    let [now, read] = [0, 0]
    let entry = { value: 'old price', fillMs: 50, expiresAt: lifetimeMs(TTL_MS, 'on') }
    await redis.set('product:1', JSON.stringify(entry), 'PX', entry.expiresAt)
    for (; entry.value === 'old price'; read++) {
      expect(now).toBeLessThanOrEqual(TTL_MS)
      const kept = await redis.get('product:1')
      if (!kept || isDue(JSON.parse(kept), now)) entry = { ...entry, value: 'new price', expiresAt: now + TTL_MS }
      now += STEP_MS / 8
      await passTime(redis, 'product:1', STEP_MS / 8)
    }
    expect(read).toBeGreaterThan(10)
  })
})

describe('a session that ends when it was idle for an hour (R9)', () => {
  const HOUR_S = 3_600

  test('GET does not lengthen it: whoever is busy is thrown out after an hour too', async ({ redis }) => {
    await redis.set('session:1', 'usr_1', 'EX', HOUR_S)
    await passTime(redis, 'session:1', 600_000)
    await redis.get('session:1')
    expect(await redis.pttl('session:1')).toBeLessThanOrEqual(3_000_000)
  })

  test('GETEX does', async ({ redis }) => {
    await redis.set('session:1', 'usr_1', 'EX', HOUR_S)
    await passTime(redis, 'session:1', 600_000)
    expect(await redis.getex('session:1', 'EX', HOUR_S)).toBe('usr_1')
    expect(await redis.pttl('session:1')).toBeGreaterThan(3_000_000)
  })

  test('and then it has no end: a session that was stolen needs a last moment, which its value carries', async ({ redis }) => {
    const endsAt = Date.now() + 12 * HOUR_S * 1_000
    await redis.set('session:1', JSON.stringify({ userId: 'usr_1', endsAt }), 'EX', HOUR_S)
    const use = (now: number) => redis.getex('session:1', 'PX', Math.max(1, Math.min(HOUR_S * 1_000, endsAt - now)))
    await use(endsAt - 5_000)
    expect(await redis.pttl('session:1')).toBeLessThanOrEqual(5_000)
  })
})
