import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, inject, test } from 'vitest'
import { type RedisDatabase, redisDatabase } from '../../fixtures/redis-database.ts'
import { type Lock, redisLock } from './lock.ts'

let redis: RedisDatabase
let [one, other]: Lock[] = []
beforeAll(async () => {
  redis = await redisDatabase(inject('redisUrl'))
  ;[one, other] = [redisLock(redis.shop), redisLock(await redis.connect())]
  return redis.close
})

test('one of fifty gets it (E1)', async () => {
  const owners = await Promise.all(Array.from({ length: 50 }, (_, index) => (index % 2 ? one : other)?.take('cache:a', 5_000)))
  expect(owners.filter((owner) => owner !== undefined)).toHaveLength(1)
  expect(await redis.lab.pttl('cache:a')).toBeGreaterThan(0)
})

test('only its owner releases it (E8)', async () => {
  const owner = await one?.take('cache:b', 5_000)
  expect(await other?.release('cache:b', 'a guess')).toBe(false)
  expect(await other?.take('cache:b', 5_000)).toBe(undefined)
  expect(await one?.release('cache:b', owner ?? '')).toBe(true)
  expect(await other?.take('cache:b', 5_000)).toEqual(expect.any(String))
})

test('who comes back late does not release the next owner’s', async () => {
  const late = await one?.take('cache:c', 20)
  await sleep(40)
  const next = await other?.take('cache:c', 5_000)
  expect(await one?.release('cache:c', late ?? '')).toBe(false)
  expect(await redis.lab.get('cache:c')).toBe(next)
})
