import type { PoolConnection } from 'mysql2'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { databaseObserver } from '../http/metrics.ts'
import type { LogPosition } from './log-position.ts'
import { type ConnectionPool, connectionPool, type PoolOptions } from './pool.ts'

/** One server of several. Its pool is made when it is needed and dropped when the server is given up; then it may be made anew. */
export type DatabaseHost = {
  readonly name: string
  /** Throws what the pool throws. */
  connect(): Promise<PoolConnection>
  /** Of this copy of the app, in its log; undefined where there is none yet, or it does not say. */
  lastCommit(): LogPosition | undefined
  /** Who has just failed is not asked again for a moment, as long as there are others. */
  skip(): void
  isSkipped(): boolean
  drop(): void
}

const SKIPPED_MS = 1_000

export function databaseHost(address: DatabaseAddress, options: PoolOptions): DatabaseHost {
  const observer = databaseObserver(address.name)
  let pool: ConnectionPool | undefined
  let skippedUntil = 0
  return {
    name: address.name,
    connect() {
      pool ??= connectionPool(address, observer, options)
      return acquire(pool)
    },
    lastCommit: () => pool?.lastCommit(),
    skip() {
      skippedUntil = performance.now() + SKIPPED_MS
    },
    isSkipped: () => performance.now() < skippedUntil,
    drop() {
      pool?.drop()
      pool = undefined
    },
  }
}

function acquire(pool: ConnectionPool): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => {
      if (error) reject(error)
      else resolve(connection as unknown as PoolConnection)
    })
  })
}
