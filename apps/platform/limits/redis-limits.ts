/** Limits that all copies of the app count together. Times are the Redis server's own, so that no two apps disagree about a window. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ShopError } from '../http/errors.ts'
import { countLimitCheck } from '../http/metrics.ts'
import type { Limit } from '../http/standing.ts'
import { logLine } from '../process/log.ts'
import type { RedisClient } from '../redis/client.ts'
import { noteCorruptValue } from '../redis/corrupt-value.ts'
import type { Key } from '../redis/key.ts'
import { KEYS, together } from '../redis/keys.ts'
import { redisScript } from '../redis/script.ts'
import { type FailureLimiter, type Limiter, memoryFailureLimiter, memoryLimiter, tooMany } from './limits.ts'

/** While Redis is away it counts as `memoryLimiter` does: each app for itself, so that a limit is too lax rather than none at all. */
export function redisLimiter(redis: RedisClient, limit: Limit, windowKey: Key = KEYS.limitWindow): Limiter {
  const takeOne = redisScript<[accepted: number, count: number, resetMs: number, replaced?: 1]>(redis, TAKE_ONE)
  const local = memoryLimiter(limit)
  const ask = watched(limit)
  return {
    async take(key) {
      const window = windowKey(`${limit.name}:${key}`)
      const answer = await ask(() => takeOne(window, [limit.most, limit.windowMs]))
      if (!answer) return local.take(key)
      const [accepted, count, resetMs, replaced] = answer
      if (replaced) noteCorruptValue('state', window)
      if (!accepted) throw tooMany(limit, resetMs)
      return { limit, remaining: limit.most - count, resetMs }
    },
  }
}

/**
 * Counting and the window's end are one step, so no counter is left without an end (R10); one that was planted without is begun anew,
 * and so is what is no counter. What is refused is not written: a flood costs the append-only file nothing.
 */
const TAKE_ONE = `
local left = redis.call('PTTL', KEYS[1])
local count = left >= 0 and tonumber(redis.pcall('GET', KEYS[1]))
if not count then
  redis.call('SET', KEYS[1], 1, 'PX', ARGV[2])
  return {1, 1, tonumber(ARGV[2]), left ~= -2 and 1 or nil}
end
if count >= tonumber(ARGV[1]) then return {0, count, left} end
return {1, redis.call('INCR', KEYS[1]), left}`

/** An attempt whose app was killed counts as under way for so long: more than the deadlines of a password check add up to. */
export const RESERVATION_MS = 15_000
/** As long as for a place at the password check; then it is we who say to come back later. */
const WAIT_TIMEOUT_MS = 3_000
const POLL_MS = 50

/** While Redis is away it counts as `memoryFailureLimiter` does: never without a limit, as that is when somebody would guess. */
export function redisFailureLimiter(redis: RedisClient, limit: Limit): FailureLimiter {
  const reserve = redisScript<[verdict: 'enter' | 'wait' | 'closed', resetMs: number, replaced?: string]>(redis, RESERVE)
  const release = redisScript<number>(redis, RELEASE)
  const local = memoryFailureLimiter(limit)
  const ask = watched(limit)
  const inTurn = turns()
  return {
    async guard(key, attempt) {
      const whose = `${limit.name}:${key}`
      const keys = together(KEYS.limitWindow(whose), KEYS.attempts(whose))
      const id = randomUUID()
      const endsAt = performance.now() + WAIT_TIMEOUT_MS
      const reserveOne = async () => {
        const answer = await ask(() => reserve(keys, [limit.most, RESERVATION_MS, id]))
        if (answer?.[2]) noteCorruptValue('state', answer[2])
        return answer
      }
      const entered = await inTurn(key, () => enter(limit, reserveOne, endsAt))
      if (!entered) return local.guard(key, attempt)
      let failures = 0
      try {
        const value = await attempt()
        if (value === undefined) failures = 1
        return value
      } finally {
        const released = await ask(() => release(keys, [id, failures, limit.windowMs]))
        if (!released && failures > 0) await countIn(local, key)
      }
    },
  }
}

/** What holds no count, or no attempts, is deleted, and named in the answer. */
const RESERVE = `
local replaced
local left = redis.call('PTTL', KEYS[1])
local failures = 0
if left >= 0 then
  failures = tonumber(redis.pcall('GET', KEYS[1]))
  if not failures then
    redis.call('DEL', KEYS[1])
    failures, replaced = 0, KEYS[1]
  end
end
if failures >= tonumber(ARGV[1]) then return {'closed', left} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if type(redis.pcall('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)) == 'table' then
  redis.call('DEL', KEYS[2])
  replaced = KEYS[2]
end
if failures + redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[1]) then return {'wait', 0, replaced} end
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return {'enter', 0, replaced}`

const RELEASE = `
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[2] == '0' then return 1 end
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('SET', KEYS[1], 1, 'PX', ARGV[3]) else redis.call('INCR', KEYS[1]) end
return 1`

/** True with a reservation, false where Redis is away. Throws TOO_MANY_REQUESTS, or UNAVAILABLE after too long a wait. */
async function enter(
  limit: Limit,
  reserve: () => Promise<readonly [verdict: string, resetMs: number, ...unknown[]] | undefined>,
  endsAt: number,
): Promise<boolean> {
  for (;;) {
    const answer = await reserve()
    if (!answer) return false
    const [verdict, resetMs] = answer
    if (verdict === 'closed') throw tooMany(limit, resetMs)
    if (verdict === 'enter') return true
    if (performance.now() > endsAt) throw new ShopError('UNAVAILABLE', 'others are trying this account', { retryAfterS: 2 })
    await sleep(POLL_MS * (0.5 + Math.random()))
  }
}

/** Of all who wait for one key in this process only the first asks Redis again and again. */
function turns() {
  const last = new Map<string, Promise<unknown>>()
  return <Value>(key: string, work: () => Promise<Value>): Promise<Value> => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work, work)
    const done = () => last.get(key) === mine && last.delete(key)
    last.set(key, mine)
    mine.then(done, done)
    return mine
  }
}

/** A failure that Redis could not be told. */
async function countIn(limiter: FailureLimiter, key: string): Promise<void> {
  await limiter.guard(key, async () => undefined).catch(() => undefined)
}

type Watched = <Value>(ask: () => Promise<Value>) => Promise<Value | undefined>

/** Answers undefined where Redis does not, and says so in the metrics, and in the log once when it begins and once when it is over. */
function watched({ name }: Limit): Watched {
  let away = false
  return async (ask) => {
    try {
      const value = await ask()
      if (away) logLine(30, `the limit ${name} is counted in Redis again`)
      away = false
      countLimitCheck(name, 'redis')
      return value
    } catch (error) {
      if (!away)
        logLine(40, `the limit ${name} is counted in this process alone: ${error instanceof Error ? error.message : error}`)
      away = true
      countLimitCheck(name, 'memory')
      return undefined
    }
  }
}
