/**
 * What has to be changed of tables that are there, after schema.sql has made those that are not: one statement after the other, each time
 * that a build is started or deployed. So each must be one that is done once: to add or to drop a column or an index.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../platform/mysql/database.ts'
import { runChange } from './queries.ts'

/** Duplicate column, duplicate index, nothing to drop of that name. */
const DONE_ALREADY: ReadonlySet<unknown> = new Set([1060, 1061, 1091])
/** Somebody uses the table; and all who come later wait behind us. */
const LOCKED = 1205
/** The server is still at work when a query is given up: asked again it waits until it is done, and then says so. */
const GIVEN_UP = 'PROTOCOL_SEQUENCE_TIMEOUT'
/** A second, the least there is; then those who wait have their turn. */
const WAIT_S = 1
const PAUSE_MS = 250
const WITHIN_MS = 30_000

export async function changeTables(db: Database, statements: readonly string[]): Promise<void> {
  const deadline = Date.now() + WITHIN_MS
  for (const statement of statements) while (!(await isChanged(db, statement, deadline))) await sleep(PAUSE_MS)
}

async function isChanged(db: Database, statement: string, deadline: number): Promise<boolean> {
  try {
    await runChange(db, statement, WAIT_S)
    return true
  } catch (error) {
    const errno = numberOf(error as Told)
    if (DONE_ALREADY.has(errno)) return true
    const isUnderWay = errno === LOCKED || (error as Told).code === GIVEN_UP
    if (isUnderWay && Date.now() < deadline) return false
    throw error
  }
}

type Told = { readonly errno?: unknown; readonly code?: unknown; readonly cause?: Told }

/** A wait that was too long counts as a database that is down, with MySQL's own error as its cause. */
function numberOf({ errno, cause }: Told): unknown {
  return errno ?? cause?.errno
}
