/** A pool for Kysely that has no connections of its own: each acquire is routed to one of several servers. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { MysqlPool, MysqlPoolConnection } from 'kysely'
import type { PoolConnection } from 'mysql2'
import { ShopError } from '../http/errors.ts'
import type { DatabaseHost } from './host.ts'
import { isServerLost } from './lost-server.ts'
import { codeOf } from './transactions.ts'

/** The servers that may be asked, the best first. */
export type Route = () => readonly DatabaseHost[]

/** Nothing is repeated later than this: a server that hangs has cost its connect timeout of 2 s by then. */
const REPEAT_WINDOW_MS = 3_000

/**
 * A server that cannot be reached costs no error where the route names another one. The first statement of an acquire is repeated
 * there too if its connection is lost, so a route of more than one server is for reads only. Overload is never repeated elsewhere.
 */
export function routedPool(route: Route): MysqlPool {
  return {
    getConnection(callback) {
      lease(route()).then(
        (connection) => callback(undefined, connection),
        (error) => callback(error, undefined as unknown as MysqlPoolConnection),
      )
    },
    // The connections belong to the servers' own pools.
    end: (callback) => callback(undefined),
  }
}

type Lease = { host: DatabaseHost; connection: PoolConnection; others: readonly DatabaseHost[] }

async function lease(hosts: readonly DatabaseHost[]): Promise<MysqlPoolConnection> {
  const endsAt = performance.now() + REPEAT_WINDOW_MS
  const leased = await connectToOne(hosts, endsAt)
  return { query: queryOn(leased, endsAt), release: () => leased.connection.release() } as unknown as MysqlPoolConnection
}

/** Throws UNAVAILABLE where there is no server at all, or what the last one threw. */
async function connectToOne([host, ...others]: readonly DatabaseHost[], endsAt: number): Promise<Lease> {
  if (!host) throw new ShopError('UNAVAILABLE', 'no database can do this at the moment', { retryAfterS: 1 })
  try {
    return { host, connection: await host.connect(), others }
  } catch (error) {
    if (!mayBeRepeated(error, others, endsAt)) throw error
    host.skip()
    return connectToOne(others, endsAt)
  }
}

type Callback = (error: unknown, result?: unknown) => void

function queryOn(leased: Lease, endsAt: number) {
  let begun = false
  return function query(sql: string, values: unknown, callback: Callback): void {
    const { host, connection, others } = leased
    // What is lost is told in the socket's async context, where nobody knows the request any more.
    const inRequest = AsyncLocalStorage.snapshot()
    connection.query(sql, values as unknown[], (error: unknown, result: unknown) => {
      if (error && READ_ONLY.has(codeOf(error))) connection.destroy()
      if (error && !begun && mayBeRepeated(error, others, endsAt)) return inRequest(elsewhere)
      begun ||= !error
      callback(error, result)
    })
    function elsewhere(): void {
      host.skip()
      connection.destroy()
      connectToOne(others, endsAt).then((next) => query.call(Object.assign(leased, next), sql, values, callback), callback)
    }
  }
}

/** The server takes no writes (any more): this connection is of no use for them. */
const READ_ONLY = new Set(['ER_OPTION_PREVENTS_STATEMENT', 'ER_READ_ONLY_MODE'])

function mayBeRepeated(error: unknown, others: readonly DatabaseHost[], endsAt: number): boolean {
  return others.length > 0 && isServerLost(error) && performance.now() < endsAt
}
