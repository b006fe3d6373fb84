import type { Redis } from 'ioredis'
import { beforeAll, describe, expect, test } from 'vitest'
import { startPlainRedis } from './plain-redis.ts'

const KEYS = Array.from({ length: 50 }, (_, index) => `product:${index}`)
const HOT = 'product:7'

let redis: Redis
beforeAll(async () => {
  const server = await startPlainRedis('maxmemory 64mb', 'maxmemory-policy allkeys-lfu', 'save ""')
  redis = server.connect()
  await Promise.all(KEYS.map((key) => redis.set(key, 'page')))
  await Promise.all(KEYS.map((key) => redis.get(key)))
  for (let turn = 0; turn < 20; turn++) await Promise.all(Array.from({ length: 500 }, () => redis.get(HOT)))
  return server.stop
})

describe('which key is asked for most (R13)', () => {
  test('INFO commandstats and LATENCY know commands and events, and no key', async () => {
    const answers = [await redis.info('commandstats'), JSON.stringify(await redis.call('LATENCY', 'LATEST'))].join()
    expect(answers).toContain('cmdstat_get:calls=10050')
    expect(answers).not.toContain('product:')
  })

  test('OBJECT FREQ does, where an LFU policy counts: that is what redis-cli --hotkeys asks', async () => {
    const counts = await Promise.all(KEYS.map(async (key) => ({ key, count: Number(await redis.object('FREQ', key)) })))
    const [first, second] = counts.toSorted((one, other) => other.count - one.count)
    expect(first?.key).toBe(HOT)
    expect(first?.count).toBeGreaterThan(second?.count ?? 0)
  })
})

describe('an alarm on redis_latency_seconds (R17)', () => {
  test('Redis has no such figure: it knows how long it worked on each command, and not how long a client waited', async () => {
    expect(await redis.info('everything')).not.toMatch(/^latency_seconds/m)
    expect(await redis.info('latencystats')).toMatch(/^latency_percentiles_usec_get:p50=[\d.]+,p99=[\d.]+,p99\.9=[\d.]+/m)
  })
})
