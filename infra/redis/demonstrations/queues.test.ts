import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

describe('a list as a queue (R3)', () => {
  test('BRPOP without a time-out is refused', async ({ redis }) => {
    await expect(redis.call('BRPOP', 'jobs')).rejects.toThrow('wrong number of arguments')
  })

  test('with one, jobs come out in the order in which they went in', async ({ redis }) => {
    await redis.lpush('jobs', 'first')
    await redis.lpush('jobs', 'second')
    expect(await redis.brpop('jobs', 1)).toEqual(['jobs', 'first'])
    expect(await redis.brpop('jobs', 1)).toEqual(['jobs', 'second'])
  })

  test('a job that was popped is in the worker alone: who dies takes it along', async ({ redis }) => {
    await redis.lpush('jobs', 'send mail')
    await redis.brpop('jobs', 1)
    expect(await redis.exists('jobs')).toBe(0)
  })

  test('a job that was moved stays in Redis until it is done, and goes back when its worker died', async ({ redis }) => {
    await redis.lpush('jobs', 'send mail')
    expect(await redis.blmove('jobs', 'jobs-of-worker-1', 'RIGHT', 'LEFT', 1)).toBe('send mail')
    // Worker 1 dies here, and somebody puts back what it had.
    expect(await redis.lmove('jobs-of-worker-1', 'jobs', 'RIGHT', 'RIGHT')).toBe('send mail')
    await redis.blmove('jobs', 'jobs-of-worker-2', 'RIGHT', 'LEFT', 1)
    expect(await redis.lrem('jobs-of-worker-2', 1, 'send mail')).toBe(1)
    expect(await redis.keys('*')).toEqual([])
  })
})
