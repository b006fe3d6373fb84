import type { Redis } from 'ioredis'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startPlainRedis } from './plain-redis.ts'

const POLL = { interval: 20, timeout: 20_000 }

let redis: Redis
beforeAll(async () => {
  const server = await startPlainRedis('cluster-enabled yes', 'save ""')
  redis = server.connect()
  await redis.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383)
  await vi.waitFor(async () => expect(await redis.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'), POLL)
  return server.stop
})
beforeEach(() => redis.flushall())

/** Takes the money and the piece, or neither. */
const BUY = `
local balance = tonumber(redis.call('GET', KEYS[1]) or 0)
if balance < tonumber(ARGV[1]) or redis.call('SCARD', KEYS[2]) == 0 then return false end
redis.call('DECRBY', KEYS[1], ARGV[1])
local piece = redis.call('SPOP', KEYS[2])
redis.call('RPUSH', KEYS[3], piece)
return piece`

const keysOf = (tag: string) => [`balance:${tag}`, `offers:${tag}`, `bought:${tag}`] as const
const buy = (tag: string) => redis.eval(BUY, 3, ...keysOf(tag), 10)

describe('one script over several keys of a Cluster (I12)', () => {
  test('of a hundred who buy at once as many get something as there is money for, and nothing is taken by halves', async () => {
    const [balance, offers, bought] = keysOf('{42}')
    await redis.set(balance, 75)
    await redis.sadd(offers, ...Array.from({ length: 50 }, (_, number) => `piece-${number}`))
    const answers = await Promise.all(Array.from({ length: 100 }, () => buy('{42}')))
    expect(answers.filter(Boolean)).toHaveLength(7)
    expect([await redis.get(balance), await redis.scard(offers), await redis.llen(bought)]).toEqual(['5', 43, 7])
    expect(await redis.lrange(bought, 0, -1)).toEqual(answers.filter(Boolean))
  })

  test('keys without one tag are refused, were they all on one server', async () => {
    await expect(buy('42')).rejects.toThrow('CROSSSLOT')
  })

  test('a key that is made up inside is not looked at: that goes well for as long as its slot is on the same server', async () => {
    const made = "return redis.call('SET', 'balance:' .. ARGV[1], '1')"
    expect(await redis.eval(made, 1, 'bought:{42}', '7')).toBe('OK')
    expect(await redis.cluster('KEYSLOT', 'balance:7')).not.toBe(await redis.cluster('KEYSLOT', 'bought:{42}'))
  })
})
