import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

const SCORES = Array.from({ length: 12 }, (_, index) => [100 * (index + 1), `player-${index + 1}`]).flat()

describe('the ten best of a leaderboard (R1)', () => {
  test('LIMIT without BYSCORE or BYLEX is refused', async ({ redis }) => {
    await redis.zadd('leaderboard', ...SCORES)
    const sample = redis.call('ZRANGE', 'leaderboard', '0', '9', 'WITHSCORES', 'LIMIT', '0', '10')
    await expect(sample).rejects.toThrow('LIMIT is only supported in combination with either BYSCORE or BYLEX')
  })

  test('without REV they are the ten worst', async ({ redis }) => {
    await redis.zadd('leaderboard', ...SCORES)
    expect((await redis.zrange('leaderboard', '0', '9'))[0]).toBe('player-1')
  })

  test('ZRANGE leaderboard 0 9 REV WITHSCORES', async ({ redis }) => {
    await redis.zadd('leaderboard', ...SCORES)
    const best = (await redis.call('ZRANGE', 'leaderboard', '0', '9', 'REV', 'WITHSCORES')) as string[][]
    expect(best.flat().slice(0, 4)).toEqual(['player-12', '1200', 'player-11', '1100'])
    expect(best.flat()).toHaveLength(20)
  })
})
