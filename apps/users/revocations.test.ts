/** A Redis that comes back with old data: a replica that was promoted before it heard of a log-out, or an old append-only file. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { ownedFolder } from '../../infra/process/owned-process.ts'
import { startTestRedis } from '../../infra/redis/test-server.ts'
import { type RedisDatabase, redisDatabase } from '../fixtures/redis-database.ts'
import { shopDatabase } from '../fixtures/shop-database.ts'
import { shopParts } from '../fixtures/shop-parts.ts'
import { parseDatabaseUrl } from '../platform/mysql/address.ts'
import { connectDatabase, oneDatabase } from '../platform/mysql/database.ts'
import { undividedStore } from '../platform/mysql/store.ts'
import { redisSessions } from './redis-sessions.ts'
import { databaseRevocations, NO_REVOCATIONS, type Revocations } from './revocations.ts'
import { hashToken, LIFETIME_MS, newToken, type Sessions } from './sessions.ts'

const user = { id: 'usr_shopper_0001_46', email: 'shopper-0001@example.com', name: 'Ada Allen', role: 'shopper' } as const
const other = { ...user, id: 'usr_shopper_0002_50' }
const keyOf = (hash: Buffer) => `state:session:{${hash.toString('hex')}}`

const { databases, redis } = shopParts(() => shopDatabase(inject('databaseUrl')))
let revocations: Revocations
beforeEach(() => {
  revocations = databaseRevocations(redis.shop, databases)
})
afterEach(() => vi.restoreAllMocks())

/** A server that other tests do not use, so that its configuration may change. */
async function ownRedis(): Promise<RedisDatabase> {
  const server = await startTestRedis({ role: 'state' })
  const own = await redisDatabase(server.url)
  onTestFinished(async () => {
    own.close()
    await server.stop()
  })
  return own
}

async function logIn(sessions: Sessions, who: typeof user | typeof other = user): Promise<Buffer> {
  const hash = hashToken(newToken(user.id))
  await sessions.create(hash, who)
  return hash
}

/** All that Redis holds, to be put back later. */
async function dumped(): Promise<() => Promise<void>> {
  const keys = await redis.lab.keys('*')
  const dumps = await Promise.all(keys.map((key) => redis.lab.dumpBuffer(key)))
  const restore = (key: string, index: number) => redis.lab.restore(key, LIFETIME_MS, dumps[index] ?? '', 'REPLACE')
  return async () => void (await Promise.all(keys.map(restore)))
}

/** As when the server that was spoken to is another one all at once. */
async function loseConnection(): Promise<void> {
  const closed = new Promise<void>((resolve) => redis.shop.once('close', resolve))
  redis.shop.reconnect()
  await closed
}

async function connected(): Promise<void> {
  await vi.waitFor(() => expect(redis.shop.status).toBe('ready'))
}

describe('sessions that were ended', () => {
  test('stay ended when Redis comes back with what it held before', async () => {
    const sessions = redisSessions(redis.shop, revocations)
    const [one, two, kept] = [await logIn(sessions), await logIn(sessions), await logIn(sessions, other)]
    const putBack = await dumped()
    await sessions.end(one)
    await sessions.endAll(user.id)
    await putBack()
    expect(await redis.lab.exists(keyOf(one), keyOf(two))).toBe(2)
    await loseConnection()
    await connected()
    expect(await Promise.all([one, two, kept].map((hash) => sessions.find(hash)))).toEqual([undefined, undefined, other])
    await vi.waitFor(async () => expect(await redis.lab.exists(keyOf(one), keyOf(two), keyOf(kept))).toBe(1))
  })

  test('would be back without that protection', async () => {
    const sessions = redisSessions(redis.shop, NO_REVOCATIONS)
    const one = await logIn(sessions)
    const putBack = await dumped()
    await sessions.end(one)
    await putBack()
    await loseConnection()
    await connected()
    expect(await sessions.find(one)).toEqual(user)
  })

  test('stay ended when Redis is started from an old append-only file', async () => {
    const [folder, copy] = [await ownedFolder('outgrow-aof-'), await ownedFolder('outgrow-aof-')]
    onTestFinished(async () => void (await Promise.all([folder.remove(), copy.remove()])))
    const first = await startTestRedis({ role: 'state', options: [`dir "${folder.path}"`] })
    const own = await redisDatabase(first.url)
    onTestFinished(own.close)
    const sessions = redisSessions(own.shop, databaseRevocations(own.shop, databases))
    const [ended, kept] = [await logIn(sessions), await logIn(sessions, other)]
    await cp(join(folder.path, 'appendonlydir'), join(copy.path, 'appendonlydir'), { recursive: true })
    await sessions.end(ended)
    await first.stop()
    const second = await startTestRedis({ role: 'state', options: [`dir "${copy.path}"`], port: first.port })
    onTestFinished(second.stop)
    const find = (hash: Buffer) => sessions.find(hash)
    await vi.waitFor(async () => expect(await find(kept)).toEqual(other), { timeout: 10_000 })
    expect(await find(ended)).toBeUndefined()
  })

  test('stay ended while the new primary refuses writes for want of a replica, and the others go on', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {})
    const own = await ownRedis()
    const [ended, kept] = [
      await logIn(redisSessions(own.shop, NO_REVOCATIONS)),
      await logIn(redisSessions(own.shop, NO_REVOCATIONS), other),
    ]
    await revocations.write([{ tokenHash: ended, endsAt: new Date(Date.now() + LIFETIME_MS) }])
    await own.lab.config('SET', 'min-replicas-to-write', '1')
    const sessions = redisSessions(own.shop, databaseRevocations(own.shop, databases))
    for (let turn = 0; turn < 3; turn++) {
      expect([await sessions.find(ended), await sessions.find(kept)]).toEqual([undefined, other])
    }
    expect(await own.lab.exists(keyOf(ended))).toBe(1)
    await own.lab.config('SET', 'min-replicas-to-write', '0')
    await vi.waitFor(async () => expect(await own.lab.exists(keyOf(ended))).toBe(0), { timeout: 10_000 })
    expect(await sessions.find(kept)).toEqual(other)
  })

  test('are ended by themselves where Redis refused that, once it takes writes', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {})
    const own = await ownRedis()
    const apps = [own.shop, await own.connect()].map((shop) => redisSessions(shop, databaseRevocations(shop, databases)))
    const [one, other] = apps
    if (!one || !other) throw new Error('two apps are needed')
    const ended = await logIn(one)
    expect([await one.find(ended), await other.find(ended)]).toEqual([user, user])
    await own.lab.config('SET', 'min-replicas-to-write', '1')
    await expect(one.end(ended)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await one.find(ended)).toBeUndefined()
    await own.lab.config('SET', 'min-replicas-to-write', '0')
    await vi.waitFor(async () => expect(await other.find(ended)).toBeUndefined(), { timeout: 10_000 })
  })

  test('do not open anything when MySQL cannot be asked either', async () => {
    const down = oneDatabase(connectDatabase({ ...parseDatabaseUrl('test', inject('databaseUrl')), port: 1 }))
    onTestFinished(down.close)
    const hash = await logIn(redisSessions(redis.shop, NO_REVOCATIONS))
    vi.spyOn(console, 'log').mockImplementation(() => {})
    const sessions = redisSessions(redis.shop, databaseRevocations(redis.shop, undividedStore('db', down)))
    await expect(sessions.find(hash)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('what is written down', () => {
  const rows = async () => (await databases.writes.selectFrom('revoked_sessions').select('token_hash').execute()).length

  test('is nothing for a token that Redis does not know: anybody could fill the table', async () => {
    const sessions = redisSessions(redis.shop, revocations)
    await sessions.end(hashToken(newToken(user.id)))
    await sessions.endAll('usr_nobody')
    expect(await rows()).toBe(0)
  })

  test('is swept out when the session would be over', async () => {
    const [over, on] = [-1, LIFETIME_MS].map((ms) => ({
      tokenHash: hashToken(newToken(user.id)),
      endsAt: new Date(Date.now() + ms),
    }))
    if (over) await revocations.write([over])
    if (on) for (let turn = 0; turn < 2; turn++) await revocations.write([on])
    expect(await rows()).toBe(1)
  })

  test('is applied to a new Redis page by page', async () => {
    const endsAt = new Date(Date.now() + LIFETIME_MS)
    const all = Array.from({ length: 2_500 }, () => ({ tokenHash: hashToken(newToken(user.id)), endsAt }))
    await revocations.write(all)
    await redis.lab.mset(Object.fromEntries(all.map(({ tokenHash }) => [keyOf(tokenHash), '{}'])))
    await loseConnection()
    await vi.waitFor(async () => expect(await redis.lab.dbsize()).toBe(0))
  })

  test('is asked for once no more when Redis has been told, but for an answer that a connection was lost over', async () => {
    const tokenHash = hashToken(newToken(user.id))
    await databases.writes
      .insertInto('revoked_sessions')
      .values({ token_hash: tokenHash, ends_at: new Date(Date.now() + LIFETIME_MS) })
      .execute()
    await vi.waitFor(async () => expect(await revocations.question(tokenHash)()).toBe(false))
    const isRevoked = revocations.question(tokenHash)
    await loseConnection()
    expect(await isRevoked()).toBe(true)
  })
})
