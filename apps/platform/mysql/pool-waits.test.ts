import type { PoolConnection } from 'mysql2'
import { expect, inject, onTestFinished, test } from 'vitest'
import { parseDatabaseUrl } from './address.ts'
import { CONNECTIONS, type ConnectionPool, connectionPool } from './pool.ts'

type Waits = number[]

function makePool(): { pool: ConnectionPool; waitsMs: Waits } {
  const waitsMs: Waits = []
  const observer = { queried() {}, waited: (milliseconds: number) => void waitsMs.push(milliseconds) }
  const pool = connectionPool(parseDatabaseUrl('test', inject('databaseUrl')), observer)
  onTestFinished(() => pool.drop())
  return { pool, waitsMs }
}

type Acquired = { readonly connection: PoolConnection | undefined; readonly code: string | undefined }

function acquire(pool: ConnectionPool): Promise<Acquired> {
  return new Promise((resolve) => {
    pool.getConnection((error, connection) => {
      const code = (error as NodeJS.ErrnoException | undefined)?.code
      resolve({ code, connection: connection as unknown as PoolConnection })
    })
  })
}

test('every wait for a connection is told, those that ended with none as well', async () => {
  const { pool, waitsMs } = makePool()
  const held = await Promise.all(Array.from({ length: CONNECTIONS }, () => acquire(pool)))
  const late = await Promise.all(Array.from({ length: 2 * CONNECTIONS }, () => acquire(pool)))
  expect(new Set(late.map(({ code }) => code))).toEqual(new Set(['POOL_TIMEOUT']))
  expect(waitsMs).toHaveLength(3 * CONNECTIONS)
  expect(Math.max(...waitsMs)).toBeGreaterThan(1_900)
  for (const { connection } of held) connection?.release()
})

test('so is one that ends because the database is given up', async () => {
  const { pool, waitsMs } = makePool()
  await Promise.all(Array.from({ length: CONNECTIONS }, () => acquire(pool)))
  const waiting = acquire(pool)
  pool.drop()
  expect((await waiting).code).toBe('POOL_DROPPED')
  expect(waitsMs).toHaveLength(CONNECTIONS + 1)
})
