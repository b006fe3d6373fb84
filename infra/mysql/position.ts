/**
 * Where a server's log stands, as text that fits into a query: how an app asks the primary what it has committed, and a replica
 * whether it has that too. MariaDB: `domain-server-sequence`, the last one of each domain. MySQL: every transaction, as ranges.
 */
import type { Flavour } from '../servers/server-program.ts'

/** Answers one column `position`: all that the server has committed. The empty text is a log without transactions. */
export function positionQuery(flavour: Flavour): string {
  if (flavour === 'mariadb') return 'SELECT @@GLOBAL.gtid_binlog_pos AS position'
  // The server breaks the line after each range.
  return "SELECT REPLACE(@@GLOBAL.gtid_executed, '\\n', '') AS position"
}

/** What a server that was told to says of its session in the answer to a commit, as mysql2 hands it on. */
export type SessionState = {
  readonly systemVariables: Readonly<Record<string, string>>
  readonly gtids: readonly string[]
}

/** The place of that commit, and of all that its server committed before; undefined where it says none. */
export function committedPosition({ systemVariables, gtids }: SessionState): string | undefined {
  // MySQL names the one transaction.
  const position = systemVariables.last_gtid ?? gtids.join().replace(/:(\d+)$/, ':1-$1')
  return Object.values(PATTERNS).some((pattern) => pattern.test(position)) ? position : undefined
}

/** Whether the one commit came after the other, of two of one server. */
export function isLaterCommit(one: string, other: string): boolean {
  return Number(/\d+$/.exec(one)) > Number(/\d+$/.exec(other))
}

/**
 * For a replica: answers one column `reached`, 1 as soon as it has applied `position`, or 0 after the time-out (milliseconds, at
 * least 1). Throws if the position is not one of this flavour, as it becomes part of the SQL.
 */
export function waitQuery(flavour: Flavour, position: string, timeoutMs: number): string {
  if (!isPosition(flavour, position)) throw new Error(`"${position.slice(0, 60)}" is no position of ${flavour}`)
  // To the servers no time means at once, or for ever.
  if (!(timeoutMs >= 1 && timeoutMs <= LONGEST_WAIT_MS)) throw new Error(`nobody waits ${timeoutMs} ms for a replica`)
  if (position === '') return 'SELECT 1 AS reached'
  const wait = flavour === 'mariadb' ? 'MASTER_GTID_WAIT' : 'WAIT_FOR_EXECUTED_GTID_SET'
  return `SELECT IFNULL(${wait}('${position}', ${timeoutMs / 1_000}) = 0, 0) AS reached`
}

const LONGEST_WAIT_MS = 60_000
const MOST_CHARACTERS = 4_000

function isPosition(flavour: Flavour, text: string): boolean {
  return text.length <= MOST_CHARACTERS && (text === '' || PATTERNS[flavour === 'mariadb' ? 'mariadb' : 'mysql'].test(text))
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
/** Ranges of transactions; since MySQL 8.3 they may stand behind a tag. */
const RANGES = '(?::(?:[a-z_][a-z0-9_]{0,31}|\\d{1,19}(?:-\\d{1,19})?))+'
const PATTERNS = {
  mariadb: /^\d{1,10}-\d{1,10}-\d{1,20}(?:,\d{1,10}-\d{1,10}-\d{1,20})*$/,
  mysql: new RegExp(`^${UUID}${RANGES}(?:,${UUID}${RANGES})*$`),
}
