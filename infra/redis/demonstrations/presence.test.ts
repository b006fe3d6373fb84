import { Redis } from 'ioredis'
import { describe, expect, inject, onTestFinished } from 'vitest'
import { test } from './test-redis.ts'

const KEY = 'ws:connections'
/** An instance tells of its connections four times in this. */
const LIFETIME_MS = 2_000

/** By the server's clock: those of two instances never agree. */
const NOW = "local time = redis.call('TIME') local now = time[1] * 1000 + math.floor(time[2] / 1000)"
const BEAT = `${NOW} for at = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[at]) end`
const ONLINE = `${NOW} redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now) return redis.call('ZRANGE', KEYS[1], 0, -1)`

/** An instance of an app that holds these websocket connections; `die` is SIGKILL as Redis sees it: not another word. */
async function instance(database: string, connections: readonly string[]) {
  const redis = new Redis(database)
  const beat = () => redis.eval(BEAT, 1, KEY, LIFETIME_MS, ...connections)
  await beat()
  const timer = setInterval(() => beat().catch(() => {}), LIFETIME_MS / 4)
  const die = () => {
    clearInterval(timer)
    redis.disconnect()
  }
  onTestFinished(die)
  return { die }
}

describe('who is connected by websocket, over all instances (C10)', () => {
  test('added when it opens and removed when it closes: of an instance that dies they stay for ever', async ({ redis }) => {
    await redis.sadd(KEY, 'app-1:socket-1', 'app-2:socket-1')
    // app-1 is killed here: nobody removes what it had.
    expect(await redis.smembers(KEY)).toContain('app-1:socket-1')
    expect(await redis.ttl(KEY)).toBe(-1)
  })

  test('each with an end that its instance moves on: those of the dead vanish, those of the living stay', async ({ redis }) => {
    const url = new URL(inject('redisUrl').replace('//shop:', '//lab:'))
    url.pathname = `/${redis.options.db}`
    const online = () => redis.eval(ONLINE, 1, KEY)
    const dying = await instance(url.href, ['app-1:socket-1', 'app-1:socket-2'])
    await instance(url.href, ['app-2:socket-1'])
    expect(await online()).toHaveLength(3)
    dying.die()
    await expect.poll(online, { interval: 100, timeout: 20_000 }).toEqual(['app-2:socket-1'])
  })
})
