import type { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

describe('two types under one key (R18)', () => {
  test('who keeps user:1 as JSON and changes a field of it as of a hash is refused', async ({ redis }) => {
    await redis.set('user:1', JSON.stringify({ name: 'Ada', email: 'ada@example.com' }), 'EX', 300)
    await expect(redis.hset('user:1', 'name', 'Grace')).rejects.toThrow('WRONGTYPE')
  })

  test('or, when the JSON has expired, leaves half a user, and for ever', async ({ redis }) => {
    await redis.hset('user:1', 'name', 'Grace')
    expect(await redis.hgetall('user:1')).toEqual({ name: 'Grace' })
    expect(await redis.ttl('user:1')).toBe(-1)
  })

  test('one type for each prefix; a change deletes the entry, and the next reader has the whole of it', async ({ redis }) => {
    await redis.set('user:1', JSON.stringify({ name: 'Ada' }), 'EX', 300)
    await redis.del('user:1')
    expect(await redis.exists('user:1')).toBe(0)
  })
})

describe('a product that does not exist (R21)', () => {
  const NONE = 'none'

  /** Counts the queries that cache-aside asks a database without any product. */
  function readerOf(redis: Redis, keepMissing: boolean) {
    const reader = {
      queries: 0,
      async read(id: string): Promise<string | undefined> {
        const kept = await redis.get(`product:${id}`)
        if (kept !== null) return kept === NONE ? undefined : kept
        reader.queries += 1
        if (keepMissing) await redis.set(`product:${id}`, NONE, 'EX', 30)
        return undefined
      },
    }
    return reader
  }

  test('is asked of the database again each time', async ({ redis }) => {
    const reader = readerOf(redis, false)
    for (let turn = 0; turn < 20; turn++) await reader.read('p_1')
    expect(reader.queries).toBe(20)
  })

  test('unless that there is none is kept too, for a short time', async ({ redis }) => {
    const reader = readerOf(redis, true)
    for (let turn = 0; turn < 20; turn++) await reader.read('p_1')
    expect(reader.queries).toBe(1)
    expect(await redis.ttl('product:p_1')).toBeGreaterThan(0)
  })
})
