import type { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

const CHUNK = 1_000

/** In few commands: numbers from `first` to below `end`. */
async function inChunks(first: number, end: number, add: (numbers: number[]) => Promise<unknown>): Promise<void> {
  for (let at = first; at < end; at += CHUNK)
    await add(Array.from({ length: Math.min(CHUNK, end - at) }, (_, index) => at + index))
}

describe('who is online: a set (I5)', () => {
  test('SADD counts each once, however many devices; SISMEMBER asks for one without fetching all', async ({ redis }) => {
    for (const user of [12_345, 12_345, 67_890]) await redis.sadd('online_users', user)
    expect(await redis.scard('online_users')).toBe(2)
    expect([await redis.sismember('online_users', 12_345), await redis.sismember('online_users', 1)]).toEqual([1, 0])
    await redis.srem('online_users', 12_345)
    expect(await redis.sismember('online_users', 12_345)).toBe(0)
  })

  test('of a hundred who want a coupon that each may have once, SADD tells who is first', async ({ redis }) => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, number) => redis.sadd('coupon:spring', `user:${number % 10}`)),
    )
    expect(answers.filter((added) => added === 1)).toHaveLength(10)
  })
})

describe('who was there on a day: a bitmap (I9)', () => {
  const visit = (redis: Redis, day: string, users: readonly number[]) => {
    const pipeline = redis.pipeline()
    for (const user of users) pipeline.setbit(`dau:${day}`, user, 1)
    return pipeline.exec()
  }

  test('BITCOUNT is the number of different users, and BITOP AND of those who came back', async ({ redis }) => {
    await inChunks(0, 10_000, (users) => visit(redis, '2024-04-01', users))
    await inChunks(0, 5_000, (users) => visit(redis, '2024-04-01', users))
    await inChunks(7_000, 12_000, (users) => visit(redis, '2024-04-02', users))
    expect(await redis.bitcount('dau:2024-04-01')).toBe(10_000)
    await redis.bitop('AND', 'back', 'dau:2024-04-01', 'dau:2024-04-02')
    expect(await redis.bitcount('back')).toBe(3_000)
  })

  test('it takes a bit for each number up to the highest: of ids that are not small numbers it is no use', async ({ redis }) => {
    await redis.setbit('dau:2024-04-01', 1_000_000, 1)
    expect(await redis.strlen('dau:2024-04-01')).toBe(125_001)
    const sample = redis.setbit('dau:2024-04-01', 2 ** 32, 1)
    await expect(sample).rejects.toThrow('bit offset is not an integer or out of range')
  })
})

describe('how many were there: a HyperLogLog (I10)', () => {
  const visit = (redis: Redis, day: string) => (users: number[]) =>
    redis.pfadd(`uv:${day}`, ...users.map((user) => `user:${user}`))
  /** Four times the standard error of 0.81 %. */
  const expectNear = (found: number, right: number) => expect(Math.abs(found / right - 1)).toBeLessThan(4 * 0.0081)

  test('a hundred thousand in 12 KiB, where a set takes 40 times as much', async ({ redis }) => {
    await inChunks(0, 100_000, visit(redis, '2024-04-01'))
    await inChunks(0, 100_000, (users) => redis.sadd('set', ...users.map((user) => `user:${user}`)))
    expectNear(await redis.pfcount('uv:2024-04-01'), 100_000)
    const [sketch, set] = [await redis.memory('USAGE', 'uv:2024-04-01'), await redis.memory('USAGE', 'set', 'SAMPLES', 0)]
    expect(Number(set)).toBeGreaterThan(40 * Number(sketch))
  })

  test('of two days together, who came on both counts once', async ({ redis }) => {
    await inChunks(0, 30_000, visit(redis, '2024-04-01'))
    await inChunks(10_000, 40_000, visit(redis, '2024-04-02'))
    expectNear(await redis.pfcount('uv:2024-04-01', 'uv:2024-04-02'), 40_000)
  })
})
