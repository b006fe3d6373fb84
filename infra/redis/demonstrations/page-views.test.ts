import type { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

const KEY = 'page:views:home'
const READERS = 10
const VIEWS_EACH = 1_000
/** That a reader has under way. */
const AT_ONCE = 100

/** As many clients as readers, each with its views. */
async function view(redis: Redis, count: (client: Redis) => Promise<unknown>): Promise<void> {
  const clients = Array.from({ length: READERS }, () => redis.duplicate())
  await Promise.all(
    clients.map(async (client) => {
      for (let seen = 0; seen < VIEWS_EACH; seen += AT_ONCE)
        await Promise.all(Array.from({ length: AT_ONCE }, () => count(client)))
      client.disconnect()
    }),
  )
}

describe('page views, counted by ten at once (I2)', () => {
  test('read, add, write: two that read the same number count one view', async ({ redis }) => {
    await view(redis, async (client) => client.set(KEY, Number(await client.get(KEY)) + 1))
    expect(Number(await redis.get(KEY))).toBeLessThan(READERS * VIEWS_EACH)
  })

  test('INCR: ten thousand views are ten thousand', async ({ redis }) => {
    await view(redis, (client) => client.incr(KEY))
    expect(await redis.get(KEY)).toBe('10000')
  })
})

describe('carrying the count to a database while it goes on (I2)', () => {
  /** Takes what is there again and again, until the viewers have gone. */
  async function carriedBy(redis: Redis, take: () => Promise<number>): Promise<number> {
    let [carried, viewing] = [0, true]
    const viewers = view(redis, (client) => client.incr(KEY)).finally(() => {
      viewing = false
    })
    while (viewing) carried += await take()
    await viewers
    return carried + (await take())
  }

  test('GET, then DEL: what is counted between the two is lost', async ({ redis }) => {
    const carried = await carriedBy(redis, async () => {
      const count = Number(await redis.get(KEY))
      await redis.del(KEY)
      return count
    })
    expect(carried).toBeLessThan(READERS * VIEWS_EACH)
  })

  test('GETDEL: nothing is', async ({ redis }) => {
    expect(await carriedBy(redis, async () => Number(await redis.getdel(KEY)))).toBe(READERS * VIEWS_EACH)
  })
})
