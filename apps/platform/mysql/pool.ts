import type { Socket } from 'node:net'
import type { MysqlPool } from 'kysely'
import { createPool, type Pool, type PoolConnection } from 'mysql2'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { refuseLate } from '../http/deadline.ts'
import { type NoteTiming, requestTimings } from '../http/explain.ts'
import type { DatabaseObserver } from '../http/metrics.ts'
import { DatabaseDown, statementError } from './database-down.ts'
import { lastCommit } from './last-commit.ts'
import type { LogPosition } from './log-position.ts'
import type { Silence } from './silence.ts'
import { beginStatement, watchForConnection } from './statement-span.ts'

/** Connections an app opens to one database at the most. Ten keep a 0.15 CPU database busy; more only queue inside it. */
export const CONNECTIONS = 10
/** Requests that may wait for a connection; one more is refused at once. */
const WAITING_REQUESTS = 500
const ACQUIRE_TIMEOUT_MS = 2_000
const CONNECT_TIMEOUT_MS = 2_000
export const QUERY_TIMEOUT_MS = 5_000
/** Below the server's wait_timeout, so that we close an idle connection before the server does. */
const IDLE_TIMEOUT_MS = 60_000

export type ConnectionPool = MysqlPool & {
  /** Gives the server up: what is under way fails at once, its outcome unknown, and nothing more is begun. */
  drop(): void
  /** Of all that went through it; undefined where its server does not say. */
  lastCommit(): LogPosition | undefined
}

export type PoolOptions = {
  /** The handicap of that name: each answer comes so much later, and keeps its connection for as long. */
  readonly queryDelayMs?: number
  /** Takes several statements at once, for what puts a guard of its own beside a statement. */
  readonly takesPackets?: boolean
  /** Is told who waits for the server and when it says something. */
  readonly silence?: Pick<Silence, 'wait'>
}

const UNWATCHED: Pick<Silence, 'wait'> = { wait: () => () => undefined }

/** A mysql2 pool on which every wait has a deadline: for a connection, for a free one, for an answer (mysql2 bounds only the first). */
export function connectionPool(
  address: DatabaseAddress,
  observer: DatabaseObserver,
  { queryDelayMs = 0, takesPackets = false, silence = UNWATCHED }: PoolOptions = {},
): ConnectionPool {
  const pool = createPool({
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    database: address.database,
    connectionLimit: CONNECTIONS,
    maxIdle: CONNECTIONS - 1,
    idleTimeout: IDLE_TIMEOUT_MS,
    queueLimit: WAITING_REQUESTS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // What is closed without a goodbye is an `Aborted connection` in the server's log, where a reader sees trouble.
    gracefulEnd: true,
    enableKeepAlive: true,
    timezone: 'Z',
    stringifyObjects: true,
    multipleStatements: takesPackets,
  })
  const commits = lastCommit()
  const answered: Answered = (milliseconds, note, answer) => {
    commits.note(answer)
    observer.queried(milliseconds)
    note('db', address.name, milliseconds)
  }
  pool.on('connection', (connection) =>
    boundQueries(connection, { name: address.name, answered, silence, delayMs: queryDelayMs }),
  )
  const sockets = openSockets(pool)
  const waiting: Waiting = new Set()
  return {
    getConnection: (callback) => acquire(pool, { name: address.name, waiting, observer, silence }, callback as AcquireCallback),
    end: (callback) => pool.end((error) => callback(error)),
    drop() {
      // Idle connections say goodbye; on a busy one that would wait for the query, and a server that hangs never answers it.
      pool.end(() => undefined)
      for (const socket of sockets) socket.destroy()
      for (const giveUp of [...waiting]) giveUp(poolError('POOL_DROPPED', 'the database was given up'))
    },
    lastCommit: commits.place,
  }
}

function openSockets(pool: Pool): Set<Socket> {
  const sockets = new Set<Socket>()
  pool.on('connection', (connection) => {
    const { stream } = connection as PoolConnection & { stream: Socket }
    sockets.add(stream)
    stream.once('close', () => sockets.delete(stream))
  })
  return sockets
}

/** `name` is the server's. */
type Watched = { readonly name: string; readonly silence: Pick<Silence, 'wait'> }
type AcquireCallback = (error: unknown, connection?: PoolConnection) => void
type Waiting = Set<(error: Error) => void>
type Acquiring = Watched & { readonly waiting: Waiting; readonly observer: DatabaseObserver }

function acquire(pool: Pool, { name, waiting, observer, silence }: Acquiring, callback: AcquireCallback): void {
  const askedAt = performance.now()
  const stopWaiting = silence.wait()
  const tell = watchForConnection(name)
  let late = false
  const ended = (error?: Error | null): void => {
    clearTimeout(timer)
    waiting.delete(giveUp)
    // Whether it is one that was free or a new one nobody tells here.
    stopWaiting(false)
    observer.waited(performance.now() - askedAt)
    tell(error ?? undefined)
  }
  const giveUp = (error: Error): void => {
    late = true
    ended(error)
    callback(error)
  }
  const timer = setTimeout(
    () => giveUp(poolError('POOL_TIMEOUT', `no database connection was free within ${ACQUIRE_TIMEOUT_MS} ms`)),
    ACQUIRE_TIMEOUT_MS,
  )
  waiting.add(giveUp)
  pool.getConnection((error, connection) => {
    if (late) return connection?.release()
    ended(error)
    if (error)
      return callback(error.message === 'Queue limit reached.' ? poolError('POOL_FULL', error.message) : new DatabaseDown(error))
    callback(undefined, connection)
  })
}

/**
 * Times each query of a new connection, refuses it where its request is too late, and gives it a deadline. The server may still be at work after it,
 * so the connection is closed rather than given to the next request.
 */
function boundQueries(connection: PoolConnection, { name, answered, silence, delayMs }: Bounds): void {
  const query = connection.query.bind(connection) as unknown as Query
  const bounded: Query = (options, values, callback) => {
    if (typeof options !== 'string') return query(options, values, callback)
    try {
      if (!ENDS.has(options)) refuseLate()
    } catch (error) {
      return callback(error as Error)
    }
    // The answer comes in the socket's async context, where nobody knows the request any more.
    const note = requestTimings()
    const span = beginStatement(name, options)
    const askedAt = performance.now()
    const stopWaiting = silence.wait()
    let isOver = false
    const answer: QueryCallback = (error, ...rest) => {
      answered(performance.now() - askedAt, note, rest[0])
      span?.end(error ?? undefined)
      callback(error && statementError(error), ...rest)
    }
    return query({ sql: options, timeout: QUERY_TIMEOUT_MS }, values, (error, ...rest) => {
      // mysql2 does not stop the clock of a query that was cut off with its connection, and tells it again when its time is over.
      if (isOver) return
      isOver = true
      stopWaiting(!error || error.sqlState !== undefined)
      if (error?.code === 'PROTOCOL_SEQUENCE_TIMEOUT') connection.destroy()
      if (delayMs > 0) setTimeout(answer, delayMs, error, ...rest)
      else answer(error, ...rest)
    })
  }
  connection.query = bounded as unknown as typeof connection.query
}

/** What a transaction holds is locked until its end, so nobody has done anything newer: it may end at any time, and must. */
const ENDS: ReadonlySet<string> = new Set(['commit', 'rollback'])

type Answered = (milliseconds: number, note: NoteTiming, answer: unknown) => void
type Bounds = Watched & { readonly answered: Answered; readonly delayMs: number }
/** What the server itself has refused has a state of SQL. */
type QueryError = Error & { code?: string; sqlState?: string }
type QueryCallback = (error: QueryError | null, ...rest: unknown[]) => void
type Query = (options: string | { sql: string; timeout: number }, values: unknown, callback: QueryCallback) => unknown

function poolError(code: string, message: string): DatabaseDown {
  return new DatabaseDown(Object.assign(new Error(message), { code }))
}
