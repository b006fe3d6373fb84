import type { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

/** Event ids that a consumer is given: new ones for `>`, those that it has not acknowledged for `0`. */
async function read(redis: Redis, group: string, consumer: string, from: '>' | '0', count = 10): Promise<string[]> {
  const answer = await redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', 'orders', from)
  const [[, entries] = []] = (answer ?? []) as [stream: string, entries: [id: string, fields: string[]][]][]
  return (entries ?? []).map(([id]) => id)
}

async function add(redis: Redis, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, async (_, index) => String(await redis.xadd('orders', '*', 'order', index))))
}

describe('a group of consumers and what was there before it (R4)', () => {
  test('made at $ after the first event, it is never given that event', async ({ redis }) => {
    await add(redis, 1)
    await redis.xgroup('CREATE', 'orders', 'mail', '$')
    const [late] = await add(redis, 1)
    expect(await read(redis, 'mail', 'worker-1', '>')).toEqual([late])
  })

  test('made at 0, it is given all', async ({ redis }) => {
    const events = await add(redis, 2)
    await redis.xgroup('CREATE', 'orders', 'mail', '0')
    expect(await read(redis, 'mail', 'worker-1', '>')).toEqual(events)
  })

  test('> gives what is new; after a crash 0 gives what this consumer has not acknowledged', async ({ redis }) => {
    const events = await add(redis, 2)
    await redis.xgroup('CREATE', 'orders', 'mail', '0')
    await read(redis, 'mail', 'worker-1', '>')
    // It dies before it acknowledges, and starts again.
    expect(await read(redis, 'mail', 'worker-1', '>')).toEqual([])
    expect(await read(redis, 'mail', 'worker-1', '0')).toEqual(events)
  })

  test('of a consumer that does not come back another one takes the events over', async ({ redis }) => {
    const events = await add(redis, 2)
    await redis.xgroup('CREATE', 'orders', 'mail', '0')
    await read(redis, 'mail', 'worker-1', '>')
    await redis.xautoclaim('orders', 'mail', 'worker-2', 0, '0')
    expect(await read(redis, 'mail', 'worker-2', '0')).toEqual(events)
    await redis.xack('orders', 'mail', ...events)
    expect(await redis.xpending('orders', 'mail')).toEqual([0, null, null, null])
  })
})

describe('more work than one consumer can do (R5)', () => {
  test('a second group does not share it: each group is given every event', async ({ redis }) => {
    const events = await add(redis, 4)
    for (const group of ['mail', 'statistics']) await redis.xgroup('CREATE', 'orders', group, '0')
    expect(await read(redis, 'mail', 'worker', '>')).toEqual(events)
    expect(await read(redis, 'statistics', 'worker', '>')).toEqual(events)
  })

  test('a second consumer of the same group does: each event goes to one of them', async ({ redis }) => {
    const events = await add(redis, 4)
    await redis.xgroup('CREATE', 'orders', 'mail', '0')
    const shares = [await read(redis, 'mail', 'worker-1', '>', 2), await read(redis, 'mail', 'worker-2', '>', 2)]
    expect(shares.map((share) => share.length)).toEqual([2, 2])
    expect(shares.flat()).toEqual(events)
  })
})
