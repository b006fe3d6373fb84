import { Kysely, MysqlDialect } from 'kysely'
import { createPool } from 'mysql2'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { Database } from '../../platform/mysql/database.ts'
import type { Tables } from '../../shop/tables.ts'
import { CommandError } from './command.ts'

const CONNECT_TIMEOUT_MS = 5_000
/** On a host of 0.15 CPU work on some thousand orders takes about two seconds. */
const WORK_TIMEOUT_MS = 60_000

/** Works on the tables of a database past the shop, over one connection. */
export async function withDatabase<Value>(url: string, work: (db: Database<Tables>) => Promise<Value>): Promise<Value> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const login = { host: hostname, port: Number(port), user: username, password: decodeURIComponent(password) }
  const pool = createPool({ ...login, database: pathname.slice(1), connectionLimit: 1, connectTimeout: CONNECT_TIMEOUT_MS })
  const db: Database<Tables> = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    pool.end(() => undefined)
  }, WORK_TIMEOUT_MS)
  try {
    return await work(db)
  } catch (error) {
    if (!isLate) throw error
    throw new CommandError(`the database at ${hostname}:${port} was not done within ${WORK_TIMEOUT_MS / 1_000} s`)
  } finally {
    clearTimeout(timer)
    await db.destroy()
  }
}

export function urlOf({ databases }: Pick<StageState, 'databases'>, name: string | undefined): string {
  const found = databases.find((database) => database.name === name)
  if (!found) throw new Error(`the stage has no database called ${name}`)
  return found.url
}
