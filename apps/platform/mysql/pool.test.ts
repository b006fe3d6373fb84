import type { Socket } from 'node:net'
import timers from 'node:timers'
import type { PoolConnection } from 'mysql2'
import { afterEach, describe, expect, inject, test, vi } from 'vitest'
import { proxyOf } from '../../fixtures/database-proxy.ts'
import { ServerDown } from '../process/server-down.ts'
import { parseDatabaseUrl } from './address.ts'
import { type ConnectionPool, connectionPool, QUERY_TIMEOUT_MS } from './pool.ts'

const OBSERVER = { queried() {}, waited() {} }
const HOUR_MS = 3_600_000
/** A packet of one byte: the command that says goodbye. */
const COM_QUIT = Buffer.from([1, 0, 0, 0, 1])

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function connect(pool: ConnectionPool): Promise<PoolConnection & { stream: Socket }> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => {
      if (error) reject(error)
      else resolve(connection as unknown as PoolConnection & { stream: Socket })
    })
  })
}

function query(connection: PoolConnection, statement: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query(statement, [], (error, rows) => (error ? reject(error) : resolve(rows)))
  })
}

describe('what fails', () => {
  test('with its connection is the server’s doing, and so is a connection that cannot be had', async () => {
    const proxy = await proxyOf(parseDatabaseUrl('test', inject('databaseUrl')), 'proxy')
    const pool = connectionPool(proxy.address, OBSERVER)
    const connection = await connect(pool)
    const lost = query(connection, 'select sleep(5)').catch((error) => error)
    await proxy.cut()
    expect(await lost).toBeInstanceOf(ServerDown)
    expect(await connect(pool).catch((error) => error)).toBeInstanceOf(ServerDown)
    pool.drop()
  })

  test('with its connection has been waited for once, though mysql2 tells it again when its time is over', async () => {
    const timer = vi.spyOn(timers, 'setTimeout')
    const proxy = await proxyOf(parseDatabaseUrl('test', inject('databaseUrl')), 'proxy')
    const waits = { begun: 0, ended: 0 }
    const wait = () => {
      waits.begun += 1
      return () => {
        waits.ended += 1
      }
    }
    const pool = connectionPool(proxy.address, OBSERVER, { silence: { wait } })
    const lost = query(await connect(pool), 'select sleep(5)').catch((error) => error)
    await proxy.cut()
    await lost
    expect(waits).toEqual({ begun: 2, ended: 2 })
    const timesOver = timer.mock.calls.filter(([, milliseconds]) => milliseconds === QUERY_TIMEOUT_MS)
    expect(timesOver).toHaveLength(1)
    for (const [isOver] of timesOver) isOver()
    expect(waits).toEqual({ begun: 2, ended: 2 })
    pool.drop()
  })

  test('at a wrong statement is not', async () => {
    const pool = connectionPool(parseDatabaseUrl('test', inject('databaseUrl')), OBSERVER)
    const error = await query(await connect(pool), 'select nonsense').catch((wrong) => wrong)
    expect(error).toMatchObject({ code: 'ER_BAD_FIELD_ERROR' })
    expect(error).not.toBeInstanceOf(ServerDown)
    pool.drop()
  })
})

test('a connection that was idle for long is let go with a goodbye: without one, the server logs it as aborted', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  const pool = connectionPool(parseDatabaseUrl('test', inject('databaseUrl')), OBSERVER)
  const connection = await connect(pool)
  const written: unknown[] = []
  const { stream } = connection
  const write = stream.write.bind(stream)
  stream.write = ((bytes: Buffer, ...rest: []) => {
    written.push(bytes)
    return write(bytes, ...rest)
  }) as typeof stream.write
  connection.release()
  vi.advanceTimersByTime(HOUR_MS)
  await vi.waitFor(() => expect(stream.closed).toBe(true))
  expect(written).toEqual([COM_QUIT])
})
