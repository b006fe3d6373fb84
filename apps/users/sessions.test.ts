import { afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { passTime, type RedisDatabase, redisDatabase } from '../fixtures/redis-database.ts'
import { demoDatabase, type ShopDatabase } from '../fixtures/shop-database.ts'
import { databaseSessions } from './database-sessions.ts'
import { memorySessions } from './memory-sessions.ts'
import { redisSessions } from './redis-sessions.ts'
import { databaseRevocations } from './revocations.ts'
import { hashToken, IDLE_MS, LIFETIME_MS, newToken, type Sessions } from './sessions.ts'

const user = { id: 'usr_shopper_0001_46', email: 'shopper-0001@example.com', name: 'Ada Allen', role: 'shopper' } as const
let databases: ShopDatabase
let redis: RedisDatabase

beforeAll(async () => {
  databases = await demoDatabase(inject('databaseUrl'))
  redis = await redisDatabase(inject('redisUrl'))
  return () => Promise.all([redis.close(), databases.close()])
})
// Only the clocks are false: the database's timers must go on.
beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'] }))
afterEach(() => vi.useRealTimers())

describe.each([
  ['in memory', () => memorySessions()],
  ['in the database', () => databaseSessions(databases)],
  ['in Redis', () => redisSessions(redis.shop, databaseRevocations(redis.shop, databases))],
])('sessions %s', (where, make: () => Sessions) => {
  const pass = async (milliseconds: number) => {
    vi.advanceTimersByTime(milliseconds)
    if (where === 'in Redis') await passTime(redis, milliseconds)
  }

  test('are found by their token alone, until they are ended', async () => {
    const sessions = make()
    const token = hashToken(newToken(user.id))
    await sessions.create(token, user)
    expect(await sessions.find(token)).toEqual(user)
    expect(await sessions.find(hashToken(newToken(user.id)))).toBeUndefined()
    await sessions.end(token)
    expect(await sessions.find(token)).toBeUndefined()
  })

  test('end when they are not used for half an hour, and use prolongs them (C8, R9)', async () => {
    const sessions = make()
    const token = hashToken(newToken(user.id))
    await sessions.create(token, user)
    for (let use = 0; use < 3; use++) {
      await pass(IDLE_MS - 1_000)
      expect(await sessions.find(token)).toEqual(user)
    }
    await pass(IDLE_MS + 1_000)
    expect(await sessions.find(token)).toBeUndefined()
  })

  test('end after twelve hours however busy', async () => {
    const sessions = make()
    const token = hashToken(newToken(user.id))
    await sessions.create(token, user)
    for (let past = 0; past < LIFETIME_MS - IDLE_MS / 2; past += IDLE_MS / 2) {
      expect(await sessions.find(token)).toEqual(user)
      await pass(IDLE_MS / 2)
    }
    expect(await sessions.find(token)).toEqual(user)
    await pass(IDLE_MS / 2 + 1)
    expect(await sessions.find(token)).toBeUndefined()
  })

  test('all of one user end together, and nobody else’s', async () => {
    const sessions = make()
    const [one, two, other] = [hashToken(newToken(user.id)), hashToken(newToken(user.id)), hashToken(newToken(user.id))]
    await sessions.create(one, user)
    await sessions.create(two, user)
    await sessions.create(other, { ...user, id: 'usr_shopper_0002_50' })
    await sessions.endAll(user.id)
    expect([await sessions.find(one), await sessions.find(two)]).toEqual([undefined, undefined])
    expect((await sessions.find(other))?.id).toBe('usr_shopper_0002_50')
  })

  test('may be ended again, and a new one begun', async () => {
    const sessions = make()
    const [old, fresh] = [hashToken(newToken(user.id)), hashToken(newToken(user.id))]
    await sessions.create(old, user)
    for (let turn = 0; turn < 2; turn++) await sessions.end(old)
    for (let turn = 0; turn < 2; turn++) await sessions.endAll(user.id)
    await sessions.create(fresh, user)
    expect([await sessions.find(old), await sessions.find(fresh)]).toEqual([undefined, user])
  })
})
