import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPlainRedis } from './plain-redis.ts'

/** For figures to be read, a million: `OUTGROW_KEYS=1000000 npx vitest run --project unit constant-time`. */
const MOST = Number(process.env.OUTGROW_KEYS ?? 100_000)
const SIZES = [1_000, MOST] as const
const CALLS = 500
const FLAT = ['get', 'set', 'sismember', 'hget']
const LOOKS_AT_ALL = ['keys', 'sintercard']
/** In the server, which takes a tenth of the time. */
const FILL = `
for number = 0, ARGV[1] - 1 do
  redis.call('SADD', KEYS[1], number)
  redis.call('HSET', KEYS[2], number, 'value')
end`

let redis: Redis
/** By command: microseconds that the server works on one, in the middle of all. Whatever else the machine does is not in it. */
const costs: Readonly<Record<string, number>>[] = []
beforeAll(async () => {
  const server = await startPlainRedis('enable-debug-command yes', 'save ""')
  redis = server.connect()
  for (const size of SIZES) costs.push(await costsAt(size))
  return server.stop
})

/** Among so many keys, members and fields. */
async function costsAt(size: number): Promise<Readonly<Record<string, number>>> {
  await redis.flushall()
  await redis.call('DEBUG', 'POPULATE', size, 'key')
  await redis.eval(FILL, 2, 'set', 'hash', size)
  await redis.config('RESETSTAT')
  const numbers = Array.from({ length: CALLS }, (_, index) => (index * 7_919) % size)
  for (const number of numbers) {
    const key = `key:${number}`
    await Promise.all([redis.get(key), redis.sismember('set', number), redis.hget('hash', `${number}`), redis.set(key, 'other')])
  }
  for (let turn = 0; turn < 5; turn++) {
    await redis.call('KEYS', 'nothing*')
    await redis.call('SINTERCARD', 2, 'set', 'set')
  }
  const stats = await redis.info('latencystats')
  const told = (name: string) => Number(new RegExp(`^latency_percentiles_usec_${name}:p50=([\\d.]+)`, 'm').exec(stats)?.[1])
  // The server counts whole microseconds, and some commands take less.
  const medianOf = (name: string) => Math.max(1, told(name))
  return Object.fromEntries([...FLAT, ...LOOKS_AT_ALL].map((name) => [name, medianOf(name)]))
}

const growthOf = (name: string) => (costs[1]?.[name] ?? Number.NaN) / (costs[0]?.[name] ?? Number.NaN)

afterAll(() => {
  const rows = Object.keys(costs[0] ?? {}).map((name) => `${name}: ${costs.map((cost) => cost[name]).join(' → ')} µs`)
  console.log([`one command among ${SIZES.join(' and among ')}, in the server`, ...rows].join('\n'))
})

describe('many times as many keys, members and fields (I13)', () => {
  test.each(FLAT)('%s takes about what it took', (name) => {
    expect(growthOf(name)).toBeLessThan(10)
  })

  test.each(LOOKS_AT_ALL)('%s, which looks at all of them, takes as many times as long', (name) => {
    expect(growthOf(name)).toBeGreaterThan(MOST / 1_000 / 5)
  })
})
