import { randomUUID } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { startTestRedis } from '../../../infra/redis/test-server.ts'
import { type RedisDatabase, redisDatabase } from '../../fixtures/redis-database.ts'
import type { Limit } from '../http/standing.ts'
import { RESERVATION_MS, redisFailureLimiter, redisLimiter } from './redis-limits.ts'

const windowMs = 60_000
const atMost = (most: number): Limit => ({ name: `test-${randomUUID()}`, most, windowMs })
const refusal = expect.objectContaining({ code: 'TOO_MANY_REQUESTS' })
const windowOf = ({ name }: Limit, key: string) => `state:limit:{${name}:${key}}`
const attemptsOf = ({ name }: Limit, key: string) => `state:attempts:{${name}:${key}}`
const right = async () => 'in'
const wrong = async () => undefined

let redis: RedisDatabase
beforeAll(async () => {
  redis = await redisDatabase(inject('redisUrl'))
  return () => redis.close()
})
afterEach(() => vi.restoreAllMocks())

describe('a limit that several apps share', () => {
  test('lets exactly as many of 1000 calls at once through as are allowed (D2, D3)', async () => {
    const limit = atMost(137)
    const apps = [redis.shop, await redis.connect(), await redis.connect()].map((client) => redisLimiter(client, limit))
    const all = await Promise.allSettled(Array.from({ length: 1_000 }, (_, turn) => apps[turn % 3]?.take('a')))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(137)
    for (const { take } of apps) await expect(take('a')).rejects.toEqual(refusal)
    expect(await redis.lab.get(windowOf(limit, 'a'))).toBe('137')
  })

  test('never leaves a counter without an end, and begins one anew that was planted without (R10)', async () => {
    const limit = atMost(2)
    const { take } = redisLimiter(redis.shop, limit)
    for (let turn = 0; turn < 4; turn++) {
      await take('a').catch(() => undefined)
      expect(await redis.lab.pttl(windowOf(limit, 'a'))).toBeGreaterThan(0)
    }
    await redis.lab.persist(windowOf(limit, 'a'))
    expect(await take('a')).toMatchObject({ remaining: 1 })
    expect(await redis.lab.pttl(windowOf(limit, 'a'))).toBeGreaterThan(0)
  })

  test('begins anew what is no counter, and says so', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const limit = atMost(2)
    const { take } = redisLimiter(redis.shop, limit)
    const key = windowOf(limit, 'a')
    for (const plant of [() => redis.lab.rpush(key, 'x'), () => redis.lab.set(key, 'x')]) {
      await redis.lab.del(key)
      await plant()
      await redis.lab.pexpire(key, windowMs)
      expect([await take('a'), await take('a')]).toMatchObject([{ remaining: 1 }, { remaining: 0 }])
      await expect(take('a')).rejects.toEqual(refusal)
    }
    expect(log.mock.calls.flat()).toEqual(Array(2).fill(expect.stringContaining(`${key} holds what no app has written`)))
  })

  test('takes one command a check, and goes on when the server has forgotten the script (R14)', async () => {
    const { take } = redisLimiter(redis.shop, atMost(100))
    await take('a')
    await redis.lab.script('FLUSH')
    expect(await take('a')).toMatchObject({ remaining: 98 })
    const sent = vi.spyOn(redis.shop, 'sendCommand')
    await take('a')
    expect(sent.mock.calls.map(([command]) => command.name)).toEqual(['evalsha'])
  })
})

describe('failures that several apps count', () => {
  test('let no more guesses through than are allowed, however many come at once to each app', async () => {
    const limit = atMost(3)
    const apps = [redis.shop, await redis.connect(), await redis.connect()].map((client) => redisFailureLimiter(client, limit))
    const guess = vi.fn(wrong)
    const all = await Promise.allSettled(Array.from({ length: 60 }, (_, turn) => apps[turn % 3]?.guard('a', guess)))
    expect(guess).toHaveBeenCalledTimes(3)
    expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(57)
  })

  test('begin anew where there is no count, or no attempts', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {})
    const limit = atMost(2)
    const { guard } = redisFailureLimiter(redis.shop, limit)
    for (const key of [windowOf(limit, 'a'), attemptsOf(limit, 'a')]) {
      await redis.lab.del(windowOf(limit, 'a'), attemptsOf(limit, 'a'))
      await redis.lab.hset(key, 'x', 'x')
      await redis.lab.pexpire(key, windowMs)
      expect(await guard('a', right)).toBe('in')
      for (let turn = 0; turn < 2; turn++) await guard('a', wrong)
      await expect(guard('a', right)).rejects.toEqual(refusal)
    }
  })

  test('let many right ones in at once', async () => {
    const limit = atMost(2)
    const apps = [redis.shop, await redis.connect()].map((client) => redisFailureLimiter(client, limit))
    const all = await Promise.all(Array.from({ length: 30 }, (_, turn) => apps[turn % 2]?.guard('a', right)))
    expect(all).toEqual(Array(30).fill('in'))
    expect(await redis.lab.exists(windowOf(limit, 'a'), attemptsOf(limit, 'a'))).toBe(0)
  })

  test('wait for an attempt of an app that was killed only until its reservation has run out', async () => {
    const limit = atMost(1)
    const [killed, alive] = [redisFailureLimiter(await redis.connect(), limit), redisFailureLimiter(redis.shop, limit)]
    void killed.guard('a', () => new Promise(() => {}))
    await vi.waitFor(async () => expect(await redis.lab.zcard(attemptsOf(limit, 'a'))).toBe(1))
    const left = await redis.lab.pttl(attemptsOf(limit, 'a'))
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(RESERVATION_MS)
    const [asked, later] = [vi.spyOn(redis.shop, 'sendCommand'), vi.fn(right)]
    const waiting = alive.guard('a', later)
    await vi.waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(2))
    expect(later).not.toHaveBeenCalled()
    const [reservation = ''] = await redis.lab.zrange(attemptsOf(limit, 'a'), '0', '-1')
    await redis.lab.zadd(attemptsOf(limit, 'a'), Date.now() - 1, reservation)
    expect(await waiting).toBe('in')
  })

  test('do not keep anybody waiting without end', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const limit = atMost(1)
    const limiter = redisFailureLimiter(redis.shop, limit)
    void redisFailureLimiter(redis.shop, limit).guard('a', () => new Promise(() => {}))
    await vi.waitFor(async () => expect(await redis.lab.zcard(attemptsOf(limit, 'a'))).toBe(1))
    const waiting = Promise.allSettled([limiter.guard('a', right), limiter.guard('a', right)])
    vi.advanceTimersByTime(5_000)
    const refused = { status: 'rejected', reason: expect.objectContaining({ code: 'UNAVAILABLE', retryAfterS: 2 }) }
    expect(await waiting).toEqual([refused, refused])
  })
})

describe('while Redis is away', () => {
  async function ownServer() {
    const server = await startTestRedis({ role: 'state' })
    const database = await redisDatabase(server.url)
    onTestFinished(async () => {
      database.close()
      await server.stop()
    })
    const signal = (name: NodeJS.Signals) => void process.kill(-(server.child.pid ?? 0), name)
    return { client: database.shop, hang: () => signal('SIGSTOP'), goOn: () => signal('SIGCONT') }
  }

  test('a limit is counted in this process, which the log says once, and in Redis again when that is back', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const { client, hang, goOn } = await ownServer()
    const limit = atMost(2)
    const { take } = redisLimiter(client, limit)
    hang()
    expect(await take('a')).toMatchObject({ remaining: 1 })
    expect(await take('a')).toMatchObject({ remaining: 0 })
    await expect(take('a')).rejects.toEqual(refusal)
    expect(log.mock.calls).toEqual([[expect.stringContaining(`the limit ${limit.name} is counted in this process alone`)]])
    goOn()
    await vi.waitFor(async () => {
      await take('b').catch(() => undefined)
      expect(log.mock.calls.at(-1)).toEqual([expect.stringContaining(`the limit ${limit.name} is counted in Redis again`)])
    })
  })

  test('failures are counted in this process, also one that Redis could not be told of', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {})
    const { client, hang } = await ownServer()
    const limiter = redisFailureLimiter(client, atMost(2))
    const wrongThenAway = async () => hang()
    expect(await limiter.guard('a', wrongThenAway)).toBeUndefined()
    await limiter.guard('a', wrong)
    await expect(limiter.guard('a', right)).rejects.toEqual(refusal)
    expect(await limiter.guard('b', right)).toBe('in')
  })
})
