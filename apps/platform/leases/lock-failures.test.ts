/**
 * The documents' lock (E1), what is wrong with it (E4–E7, E10), each shown, and the form that survives it: where the row is, there is
 * the lease, and each change asks whether the lease is still its own. A lock alone keeps nobody out who believes to be in.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Redis } from 'ioredis'
import type { Kysely } from 'kysely'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { createDatabase } from '../../../infra/mysql/test-server.ts'
import { until } from '../../../infra/process/until.ts'
import { startTestGroup } from '../../../infra/redis/test-group.ts'
import type { LockProcess } from '../../fixtures/lock-process.ts'
import { documentsLock, fencedLock, type GuardedTables, guardedDatabase, type Lock, valueIn } from '../../fixtures/locks.ts'
import { type RedisDatabase, redisDatabase } from '../../fixtures/redis-database.ts'

const KEY = 'lock:order:123'
const PROGRAM = join(import.meta.dirname, '../../fixtures/lock-process.ts')
const SHORT_MS = 300
const LONG_MS = 30_000
const WITHIN = { withinMs: 20_000, everyMs: 20, complaint: 'nobody got the lock' }

let redis: RedisDatabase
let databaseUrl: string
let db: Kysely<GuardedTables>
beforeEach(async () => {
  redis = await redisDatabase(inject('redisUrl'))
  databaseUrl = await createDatabase(inject('databaseUrl'))
  db = await guardedDatabase(databaseUrl)
})
afterEach(async () => {
  redis.close()
  await db.destroy()
})

const LOCKS = { documents: () => documentsLock(redis.lab, db), fenced: () => fencedLock(db) }
const waitFor = (lock: Lock, lastsMs: number) => until(() => lock(lastsMs), WITHIN)

test.each(['documents', 'fenced'] as const)('of fifty who ask at once one gets in: %s', async (kind) => {
  const lock = LOCKS[kind]()
  const got = await Promise.all(Array.from({ length: 50 }, () => lock(LONG_MS)))
  expect(got.filter((change) => change !== undefined)).toHaveLength(1)
})

describe('whoever takes longer than the lock lasts (E4)', () => {
  const late = async (kind: 'documents' | 'fenced') => {
    const lock = LOCKS[kind]()
    const first = await lock(SHORT_MS)
    const next = await waitFor(lock, LONG_MS)
    await next('next')
    return first?.('late')
  }
  test('changes, without the lock, what the next has changed', async () => {
    await late('documents')
    expect(await valueIn(db)).toBe('late')
  })
  test('is refused where the change asks for the lease', async () => {
    await expect(late('fenced')).rejects.toThrow('somebody else')
    expect(await valueIn(db)).toBe('next')
  })
})

describe('whoever ends without a release (E5)', () => {
  test('keeps all others out for as long as the lock lasts, as nobody knows', async () => {
    await LOCKS.documents()(LONG_MS)
    expect(await LOCKS.documents()(LONG_MS)).toBeUndefined()
    expect(await redis.lab.pttl(KEY)).toBeGreaterThan(LONG_MS - 10_000)
  })
  test('and for ever, where the time comes with a second command and it ends before that', async () => {
    await redis.lab.setnx(KEY, 'true')
    expect(await redis.lab.pttl(KEY)).toBe(-1)
  })
  test('keeps them out for a moment, where a lease is short as its holder says again and again that it is there', async () => {
    await LOCKS.fenced()(SHORT_MS)
    const next = await waitFor(LOCKS.fenced(), LONG_MS)
    await next('next')
    expect(await valueIn(db)).toBe('next')
  })
})

describe('whoever is stopped between the lock and the change (E6)', () => {
  async function stopped(kind: 'documents' | 'fenced'): Promise<string> {
    const told: LockProcess = { kind, databaseUrl, redisUrl: redis.url.replace('//shop:', '//lab:'), lastsMs: 2_000 }
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(told)], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const lines = linesOf(child)
      expect(await lines.next()).toBe('taken')
      child.kill('SIGSTOP')
      const next = await waitFor(LOCKS[kind](), LONG_MS)
      await next('next')
      child.kill('SIGCONT')
      return await lines.next()
    } finally {
      child.kill('SIGKILL')
    }
  }
  test('does not know how long that was, and goes on', async () => {
    expect(await stopped('documents')).toBe('changed')
    expect(await valueIn(db)).toBe('late')
  })
  test('is refused where the change asks for the lease', async () => {
    expect(await stopped('fenced')).toBe('LeaseLost')
    expect(await valueIn(db)).toBe('next')
  })
})

describe('whoever goes by its own clock (E7)', () => {
  test('and is a minute slow has a lock that is over before it begins: two are in at once', async () => {
    const slowClock = Date.now() - 60_000
    expect(await redis.lab.set(KEY, 'true', 'PXAT', slowClock + LONG_MS, 'NX')).toBe('OK')
    expect(await LOCKS.documents()(LONG_MS)).toBeDefined()
  })
  test('is none the worse for it where only the database’s clock counts, and its own only as a stop-watch', async () => {
    const clock = Date.now
    try {
      Date.now = () => clock() - 60_000
      const change = await LOCKS.fenced()(LONG_MS)
      expect(await LOCKS.fenced()(LONG_MS)).toBeUndefined()
      await change?.('first')
    } finally {
      Date.now = clock
    }
    expect(await valueIn(db)).toBe('first')
  })
})

describe('a failover of Redis (E10)', () => {
  test('forgets locks that the replica had not heard of, and gives their tokens out again: two are in, and no token tells', async () => {
    const group = await startTestGroup()
    try {
      const enter = (name: 'state-1' | 'state-2') =>
        group.ask(name, async (server: Redis) => [
          await server.set(KEY, 'true', 'PX', LONG_MS, 'NX'),
          await server.incr('lock:token'),
        ])
      // What is on its way to a replica that is only stopped it finds when it goes on.
      group.signal('state-2', 'SIGSTOP')
      await group.ask('state-1', (server: Redis) => server.call('CLIENT', 'KILL', 'TYPE', 'replica'))
      const first = await enter('state-1')
      group.signal('state-1', 'SIGKILL')
      group.signal('state-2', 'SIGCONT')
      await group.until(async () => (await group.primary()) === 'state-2')
      const second = await enter('state-2')
      expect([first, second]).toEqual([
        ['OK', 1],
        ['OK', 1],
      ])
    } finally {
      await group.stop()
    }
  })

  test('is nothing to a lease that is where the row is', async () => {
    const first = await LOCKS.fenced()(LONG_MS)
    await redis.lab.flushdb()
    expect(await LOCKS.fenced()(LONG_MS)).toBeUndefined()
    await first?.('first')
    expect(await valueIn(db)).toBe('first')
  })
})

function linesOf(child: ChildProcessByStdio<null, Readable, null>): { next(): Promise<string> } {
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return { next: async () => String((await lines.next()).value) }
}
