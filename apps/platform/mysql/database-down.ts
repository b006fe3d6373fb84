import { ServerDown } from '../process/server-down.ts'

/** The database cannot be used now; any other error of mysql2 means that the statement was wrong. */
export class DatabaseDown extends ServerDown {
  override readonly name = 'DatabaseDown'
  /** As mysql2 calls it. */
  readonly code: string
  /** Whether the connection is of no use any more. */
  readonly fatal: boolean

  constructor(cause: Mysql2Error) {
    super(cause.message, { cause })
    this.code = cause.code ?? ''
    this.fatal = cause.fatal ?? false
  }
}

type Mysql2Error = Error & { readonly code?: string; readonly fatal?: boolean }

/** What a statement failed with, told apart. */
export function statementError(error: Mysql2Error): Error {
  return DOWN.has(error.code ?? '') || error.fatal ? new DatabaseDown(error) : error
}

const DOWN = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_SERVER_SHUTDOWN',
  // The primary is a replica by now, or was told to take no more writes: we shall hear who takes them instead.
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_LOCK_DEADLOCK',
  'ER_CHECKREAD',
  // Its disk is full.
  'ER_RECORD_FILE_FULL',
  'ER_DISK_FULL',
])
