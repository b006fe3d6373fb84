/**
 * The checks that limited and logged-in requests begin with, one after the other on servers without a size: how long one takes in
 * Redis, and in MySQL. Everything runs on this machine, so it is the work that is measured and no network.
 */
import { once } from 'node:events'
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise'
import { startTestRedis } from '../../../infra/redis/test-server.ts'
import { redisLimiter } from '../../platform/limits/redis-limits.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { connectDatabase, oneDatabase } from '../../platform/mysql/database.ts'
import { undividedStore } from '../../platform/mysql/store.ts'
import { parseRedisUrl } from '../../platform/redis/address.ts'
import { connectState } from '../../platform/redis/redis.ts'
import { databaseSessions } from '../../users/database-sessions.ts'
import { redisSessions } from '../../users/redis-sessions.ts'
import { databaseRevocations } from '../../users/revocations.ts'
import { hashToken, type Sessions } from '../../users/sessions.ts'
import { COUNT_IN_WINDOW, CREATE_WINDOWS, SELECT_WINDOW } from './queries.ts'
import { type Times, timesOf } from './times.ts'

/** Milliseconds of one check. */
export type CheckResult = { readonly name: string; readonly redis: Times; readonly mysql: Times }

const WARM_UP = 1_000
const CHECKS = 5_000
const ADDRESSES = 100
const LIMIT = { name: 'bench', most: 1_000_000, windowMs: 60_000 }

/** `databaseUrl`: a database that the shop has been prepared in. */
export async function measureChecks(databaseUrl: string, signal: AbortSignal): Promise<CheckResult[]> {
  const server = await startTestRedis({ role: 'state' })
  const redis = connectState(parseRedisUrl('the test Redis', server.url))
  const databases = oneDatabase(connectDatabase(parseDatabaseUrl('the test database', databaseUrl)))
  const store = undividedStore('db', databases)
  const { name: _, ...address } = parseDatabaseUrl('the test database', databaseUrl)
  const pool = createPool({ ...address, connectionLimit: 1 })
  try {
    if (redis.status !== 'ready') await once(redis, 'ready', { signal })
    await pool.query(CREATE_WINDOWS)
    const limiter = redisLimiter(redis, LIMIT)
    const inRedis = await loggedIn(redisSessions(redis, databaseRevocations(redis, store)))
    const inMysql = await loggedIn(databaseSessions(store))
    return [
      {
        name: 'rate-limit check',
        redis: await timesOfChecks((address) => limiter.take(address), signal),
        mysql: await timesOfChecks((address) => takeInMysql(pool, address), signal),
      },
      { name: 'session check', redis: await timesOfChecks(inRedis, signal), mysql: await timesOfChecks(inMysql, signal) },
    ]
  } finally {
    redis.close()
    await Promise.all([pool.end(), databases.close(), server.stop()])
  }
}

async function timesOfChecks(check: (address: string) => Promise<unknown>, signal: AbortSignal): Promise<Times> {
  const times: number[] = []
  for (let index = -WARM_UP; index < CHECKS; index++) {
    signal.throwIfAborted()
    const startedAt = performance.now()
    await check(`192.0.2.${Math.abs(index) % ADDRESSES}`)
    if (index >= 0) times.push(performance.now() - startedAt)
  }
  return timesOf(times)
}

async function loggedIn(sessions: Sessions): Promise<() => Promise<unknown>> {
  const token = hashToken('00bench')
  await sessions.create(token, {
    id: 'usr_shopper_0001_46',
    email: 'shopper-0001@example.com',
    name: 'Ada Allen',
    role: 'shopper',
  })
  return async () => {
    if (!(await sessions.find(token))) throw new Error('the session that was begun is not there')
  }
}

/** A limit without Redis: a row for each window, counted up and read. This server does not wait for its disk, as one with real data would. */
async function takeInMysql(pool: Pool, address: string): Promise<number> {
  await pool.query(COUNT_IN_WINDOW, [address])
  const [[window]] = await pool.query<RowDataPacket[]>(SELECT_WINDOW, [address])
  return window?.count
}
