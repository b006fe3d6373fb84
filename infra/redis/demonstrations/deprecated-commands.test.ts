import type { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

/** What the server says of its own command. */
async function documented(redis: Redis, command: string): Promise<string> {
  return JSON.stringify(await redis.call('COMMAND', 'DOCS', command))
}

describe('commands that still work and should not be learned any more (R19)', () => {
  test('HMSET: HSET takes many fields itself', async ({ redis }) => {
    expect(await documented(redis, 'hmset')).toMatch(/deprecated.*HSET/)
    await redis.call('HMSET', 'old', 'name', 'Ada', 'age', '29')
    expect(await redis.hset('new', { name: 'Ada', age: 29 })).toBe(2)
    expect(await redis.hgetall('new')).toEqual(await redis.hgetall('old'))
  })

  test('GEORADIUS: GEOSEARCH finds the same, Palermo within 100 km and Catania only within 200', async ({ redis }) => {
    expect(await documented(redis, 'georadius')).toMatch(/deprecated.*GEOSEARCH/)
    await redis.geoadd('places', 13.361389, 38.115556, 'Palermo', 15.087269, 37.502669, 'Catania')
    const near = (km: number) => redis.geosearch('places', 'FROMLONLAT', 13.361389, 38.115556, 'BYRADIUS', km, 'km', 'ASC')
    expect(await near(100)).toEqual(await redis.call('GEORADIUS', 'places', '13.361389', '38.115556', '100', 'km'))
    expect(await near(100)).toEqual(['Palermo'])
    expect(await near(200)).toEqual(['Palermo', 'Catania'])
  })
})
