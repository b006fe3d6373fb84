import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createConnection } from 'mysql2/promise'

type PingTarget = {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly timeoutMs: number
  /** One to the server, where there is one already. */
  readonly stream?: Socket
}

/** Logs in and runs one statement. Throws what went wrong, or after the time-out. */
export async function pingMysql({ timeoutMs, ...target }: PingTarget): Promise<void> {
  const endsAt = Date.now() + timeoutMs
  const connection = await createConnection({ ...target, connectTimeout: timeoutMs })
  try {
    await connection.query({ sql: 'SELECT 1', timeout: Math.max(1, endsAt - Date.now()) })
    // Says goodbye, so that the server's log does not fill with aborted connections.
    connection.end().catch(() => connection.destroy())
  } catch (error) {
    connection.destroy()
    throw error
  }
}

/** The same, but a server that refuses answers too: one that is full, or shuts down. */
export async function answersMysql(target: PingTarget): Promise<void> {
  await pingMysql(target).catch((error: Error & { sqlState?: string }) => {
    if (error.sqlState === undefined) throw error
  })
}

/**
 * Returns with the first word that the server says, were it only its greeting: one that is busy may need long for the rest, which goes on
 * as any log-in does. Throws where it says nothing in time.
 */
export async function hearMysql(target: PingTarget): Promise<void> {
  const stream = connect({ host: target.host, port: target.port })
  await Promise.race([once(stream, 'data'), pingMysql({ ...target, stream })])
}
