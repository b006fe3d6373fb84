/** A Cluster whose servers go and come, give their keys away and take them over: who has logged out stays out. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, onTestFinished, test, vi } from 'vitest'
import { moveSlots } from '../../infra/redis/move-slots.ts'
import { startTestCluster, type TestCluster } from '../../infra/redis/test-cluster.ts'
import { type ShopDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import { parseRedisUrl } from '../platform/redis/address.ts'
import type { ClusterRedis } from '../platform/redis/cluster.ts'
import { KEYS } from '../platform/redis/keys.ts'
import { connectStateCluster } from '../platform/redis/redis.ts'
import { slotOf } from '../platform/redis/slot.ts'
import { redisSessions } from './redis-sessions.ts'
import { databaseRevocations, NO_REVOCATIONS } from './revocations.ts'
import { hashToken, newToken, type Sessions } from './sessions.ts'

const user = { id: 'usr_01', email: 'ada@example.com', name: 'Ada', role: 'shopper' } as const

let cluster: TestCluster
let databases: ShopDatabase
beforeAll(async () => {
  databases = await shopDatabase(inject('databaseUrl'))
})
afterAll(() => databases.close())
beforeEach(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  cluster = await startTestCluster({ role: 'state', replicas: 1 })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await cluster.stop()
})

async function connect(): Promise<ClusterRedis> {
  const redis = connectStateCluster(parseRedisUrl('test', cluster.url), () => {})
  onTestFinished(() => redis.close())
  await cluster.until(async () => redis.status === 'ready')
  return redis
}

const keyOf = (hash: Buffer) => KEYS.session(hash.toString('hex'))

/** A new session in one of these slots. */
async function logIn(sessions: Sessions, [first, last]: readonly [number, number]): Promise<Buffer> {
  for (;;) {
    const hash = hashToken(newToken('usr_00'))
    const slot = slotOf(keyOf(hash))
    if (slot < first || slot > last) continue
    await sessions.create(hash, user)
    return hash
  }
}

/** Whether it lets somebody in. Who is sent away with "not now" is not let in. */
const opens = (sessions: Sessions, hash: Buffer) =>
  sessions.find(hash).then(
    (found) => found !== undefined,
    (error) => {
      expect(error).toMatchObject({ code: 'UNAVAILABLE' })
      return false
    },
  )

const SHARD_1 = [0, 5_461] as const

test('a master is killed whose replica has missed log-outs: it is promoted with sessions that nobody is let in by', async () => {
  const apps = await Promise.all([connect(), connect()])
  const [one, other] = apps.map((redis) => redisSessions(redis, databaseRevocations(redis, databases)))
  if (!one || !other) throw new Error('two apps are needed')
  const [ended, alsoEnded, kept] = [await logIn(one, SHARD_1), await logIn(one, SHARD_1), await logIn(one, SHARD_1)]
  const copies = [ended, alsoEnded, kept].map(keyOf)
  const inReplica = () =>
    cluster.ask('state-4', async (redis) => {
      await redis.readonly()
      return (await Promise.all(copies.map((key) => redis.exists(key)))).join()
    })
  await cluster.until(async () => (await inReplica()) === '1,1,1')
  await cluster.until(async () => (await opens(other, ended)) && (await opens(other, kept)))
  cluster.signal('state-4', 'SIGSTOP')
  await cluster.ask('state-1', (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'replica'))
  await one.end(ended)
  await other.end(alsoEnded)
  cluster.signal('state-1', 'SIGKILL')
  cluster.signal('state-4', 'SIGCONT')
  await expect.poll(inReplica).toBe('1,1,1')
  let isBack = false
  while (!isBack) {
    for (const app of [one, other]) {
      for (const hash of [ended, alsoEnded]) expect(await opens(app, hash)).toBe(false)
    }
    isBack = (await opens(one, kept)) && (await opens(other, kept))
    // What is refused at once lets nothing else happen.
    await sleep(2)
  }
  expect(await cluster.isMaster('state-4')).toBe(true)
  await expect.poll(() => cluster.ask('state-4', (redis) => redis.exists(copies[0] ?? ''))).toBe(0)
  expect(await opens(one, ended)).toBe(false)
  const unprotected = redisSessions(await connect(), NO_REVOCATIONS)
  expect(await opens(unprotected, kept)).toBe(true)
})

test('keys that come from a server which is not believed are not believed where they come to', async () => {
  const redis = await connect()
  let waiting = Promise.resolve()
  const each: ShopDatabase['each'] = (ask, limits) => waiting.then(() => databases.each(ask, limits))
  const sessions = redisSessions(redis, databaseRevocations(redis, { of: databases.of, each }))
  const highest = [5_400, 5_461] as const
  const [ended, kept] = [await logIn(sessions, highest), await logIn(sessions, highest)]
  await cluster.until(async () => (await opens(sessions, ended)) && (await opens(sessions, kept)))
  const dump = await cluster.ask('state-1', (lab) => lab.dumpBuffer(keyOf(ended)))
  await sessions.end(ended)
  // From here on Redis cannot be told of log-outs.
  const { promise, resolve } = Promise.withResolvers<void>()
  waiting = promise
  const closed = new Promise((done) => redis.serverOf(keyOf(ended))?.once('close', () => done(undefined)))
  await cluster.ask('state-1', (lab) => lab.call('CLIENT', 'KILL', 'USER', 'shop'))
  await closed
  await cluster.until(async () => redis.status === 'ready')
  await cluster.ask('state-1', (lab) => lab.restore(keyOf(ended), 600_000, dump, 'REPLACE'))
  expect(await opens(sessions, ended)).toBe(false)
  const ports = cluster.nodes.map(({ port }) => port)
  await moveSlots({ ports, login: cluster.lab, toPort: ports[1] ?? 0, slots: 2 * 62 })
  await cluster.until(() => cluster.ask('state-2', async (lab) => (await lab.exists(keyOf(ended))) === 1))
  for (let turn = 0; turn < 20; turn++) {
    expect([await opens(sessions, ended), await opens(sessions, kept)]).toEqual([false, true])
  }
  resolve()
  await expect.poll(() => cluster.ask('state-2', (lab) => lab.exists(keyOf(ended)))).toBe(0)
})
