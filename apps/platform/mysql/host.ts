import type { PoolConnection } from 'mysql2'
import { hearMysql } from '../../../infra/mysql/ping.ts'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { databaseObserver } from '../http/metrics.ts'
import { logLine } from '../process/log.ts'
import { DatabaseDown } from './database-down.ts'
import type { LogPosition } from './log-position.ts'
import { type ConnectionPool, connectionPool, type PoolOptions } from './pool.ts'
import { type Silence, silenceOf } from './silence.ts'

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

export type HostOptions = Omit<PoolOptions, 'silence'> & {
  /** Where it hangs nobody waits for it: for a server that no keeper gives up. */
  readonly givesUpSilent?: boolean
}

export function databaseHost(address: DatabaseAddress, { givesUpSilent = false, ...options }: HostOptions): DatabaseHost {
  const observer = databaseObserver(address.name)
  let pool: ConnectionPool | undefined
  let skippedUntil = 0
  const dropPool = () => {
    pool?.drop()
    pool = undefined
  }
  const silence = givesUpSilent ? watchedSilence(address, dropPool) : undefined
  return {
    name: address.name,
    async connect() {
      if (silence?.isSilent()) throw silent(address.name)
      pool ??= connectionPool(address, observer, { ...options, ...(silence && { silence }) })
      return acquire(pool)
    },
    lastCommit: () => pool?.lastCommit(),
    skip() {
      skippedUntil = performance.now() + SKIPPED_MS
    },
    isSkipped: () => performance.now() < skippedUntil,
    drop() {
      silence?.end()
      dropPool()
    },
  }
}

/** As long as for a connection that is to be used. */
const ASK_MS = 2_000

function watchedSilence(address: DatabaseAddress, dropPool: () => void): Silence {
  const { name, host, port, user, password } = address
  return silenceOf({
    ask: () => hearMysql({ host, port, user, password, timeoutMs: ASK_MS }),
    giveUp() {
      logLine(40, `${name} says nothing any more: nobody waits for it until it does`)
      dropPool()
    },
    goOn: () => logLine(30, `${name} says something again`),
  })
}

/** Nothing was asked of it. */
function silent(name: string): DatabaseDown {
  return new DatabaseDown(Object.assign(new Error(`${name} says nothing`), { code: 'SERVER_SILENT' }))
}

function acquire(pool: ConnectionPool): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => {
      if (error) reject(error)
      else resolve(connection as unknown as PoolConnection)
    })
  })
}
