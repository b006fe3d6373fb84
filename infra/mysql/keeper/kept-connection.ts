import { type Connection, createConnection } from 'mysql2/promise'
import { KEEPER } from '../bootstrap.ts'
import type { Row } from './dialect.ts'

/** A server that answers nothing at all still completes the TCP handshake. */
const CONNECT_TIMEOUT_MS = 2_000

type Place = { readonly host: string; readonly port: number }

/** One connection to a server, opened when it is needed and given up when anything goes wrong with it. */
export class KeptConnection {
  readonly #place: Place
  readonly #password: string
  readonly #onLost: () => void
  #connection: Promise<Connection> | undefined

  /** `onLost` is called when an open one is gone and nothing was asked on it. */
  constructor(place: Place, password: string, onLost: () => void = () => undefined) {
    this.#place = place
    this.#password = password
    this.#onLost = onLost
  }

  /** Or about to be. Whoever was started anew meanwhile is met on another one. */
  get isOpen(): boolean {
    return this.#connection !== undefined
  }

  async query(sql: string, timeoutMs: number): Promise<Row[]> {
    const [rows = []] = await this.queries([sql], timeoutMs)
    return rows
  }

  /** The rows of each statement, asked for in one go. After the time-out the server may still be at work on them. */
  async queries(statements: readonly string[], timeoutMs: number): Promise<Row[][]> {
    this.#connection ??= this.#open()
    const opened = this.#connection
    try {
      const connection = await opened
      const [answer] = await connection.query({ sql: statements.join('; '), timeout: timeoutMs })
      const results = statements.length === 1 ? [answer] : (answer as unknown[])
      return results.map((rows) => (Array.isArray(rows) ? (rows as Row[]) : []))
    } catch (error) {
      if (!isStatementError(error) && this.#connection === opened) this.close()
      throw error
    }
  }

  close(): void {
    this.#connection?.then(
      (connection) => connection.destroy(),
      () => {},
    )
    this.#connection = undefined
  }

  #open(): Promise<Connection> {
    const account = { user: KEEPER, password: this.#password }
    const place = { ...this.#place, connectTimeout: CONNECT_TIMEOUT_MS }
    const opening = createConnection({ ...place, ...account, multipleStatements: true })
    const forget = () => {
      if (this.#connection === opening) this.#connection = undefined
    }
    const lose = () => {
      forget()
      this.#onLost()
    }
    opening.then((connection) => connection.on('error', lose), forget)
    return opening
  }
}

/** The server has answered, only not what was hoped for. */
function isStatementError(error: unknown): boolean {
  return error instanceof Error && 'sqlState' in error && typeof error.sqlState === 'string' && !('fatal' in error && error.fatal)
}
