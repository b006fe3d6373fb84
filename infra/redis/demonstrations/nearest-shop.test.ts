import { describe, expect } from 'vitest'
import { test } from './test-redis.ts'

const SHOPS = {
  Palermo: [13.361389, 38.115556],
  Catania: [15.087269, 37.502669],
  Messina: [15.554, 38.193],
  Trapani: [12.514, 38.018],
} as const

describe('the nearest shop: GEOADD and GEOSEARCH (I11)', () => {
  test('of all the nearest, with its distance; of those in a circle all; and none where there is none', async ({ redis }) => {
    for (const [name, [longitude, latitude]] of Object.entries(SHOPS)) await redis.geoadd('places', longitude, latitude, name)
    const near = (km: number, ...rest: ['COUNT', number] | []) =>
      redis.geosearch('places', 'FROMLONLAT', 14.27, 37.57, 'BYRADIUS', km, 'km', 'ASC', ...rest)
    expect(await near(1_000, 'COUNT', 1)).toEqual(['Catania'])
    expect(await near(130)).toEqual(['Catania', 'Palermo'])
    expect(await near(10)).toEqual([])
    // The sample's two towns: 166 km apart, so of 100 km around one only that one.
    expect(Number(await redis.geodist('places', 'Palermo', 'Catania', 'KM'))).toBeCloseTo(166.27, 1)
  })

  test('it is a sorted set: a shop is moved by adding it again, and removed by ZREM', async ({ redis }) => {
    await redis.geoadd('places', ...SHOPS.Palermo, 'van')
    await redis.geoadd('places', ...SHOPS.Catania, 'van')
    expect([await redis.type('places'), await redis.zcard('places')]).toEqual(['zset', 1])
    await redis.zrem('places', 'van')
    expect(await redis.exists('places')).toBe(0)
  })
})
