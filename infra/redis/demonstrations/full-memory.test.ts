import { describe, expect, onTestFinished, test } from 'vitest'
import { startPlainRedis } from './plain-redis.ts'

const WRITES = 400
const VALUE = 'x'.repeat(10_000)

/** Writes four times what fits, without a lifetime. */
async function fill(policy: string) {
  const server = await startPlainRedis('maxmemory 3mb', `maxmemory-policy ${policy}`, 'save ""')
  onTestFinished(server.stop)
  const redis = server.connect()
  let refused = 0
  for (let index = 0; index < WRITES; index++) {
    await redis.set(`key:${index}`, VALUE).catch((error) => {
      expect(error.message).toMatch(/^OOM/)
      refused += 1
    })
  }
  const stats = await redis.info('stats')
  return {
    refused,
    kept: await redis.dbsize(),
    evicted: Number(/evicted_keys:(\d+)/.exec(stats)?.[1]),
    newest: await redis.exists(`key:${WRITES - 1}`),
    oldest: await redis.exists('key:0'),
  }
}

describe('a Redis that is full (R11)', () => {
  test('volatile-lru evicts only keys that have a lifetime: without any, a cache refuses what is new', async () => {
    const { refused, kept, evicted, oldest } = await fill('volatile-lru')
    expect(refused).toBeGreaterThan(WRITES / 4)
    // Not that the last was refused: on the brink of its limit Redis lets one more in now and then.
    expect({ kept, evicted, oldest }).toEqual({ kept: WRITES - refused, evicted: 0, oldest: 1 })
  })

  test('for a cache allkeys-lru: nothing is refused, and what was not used for the longest time goes', async () => {
    const { refused, kept, evicted, newest } = await fill('allkeys-lru')
    expect({ refused, newest }).toEqual({ refused: 0, newest: 1 })
    expect(kept + evicted).toBe(WRITES)
  })

  test('for sessions and queues noeviction: better refused, and seen, than forgotten', async () => {
    const { refused, oldest } = await fill('noeviction')
    expect(refused).toBeGreaterThan(WRITES / 4)
    expect(oldest).toBe(1)
  })
})
