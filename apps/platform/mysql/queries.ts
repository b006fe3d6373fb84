import { CompiledQuery } from 'kysely'
import { positionQuery, waitQuery } from '../../../infra/mysql/position.ts'
import type { Roles } from '../../../infra/mysql/roles.ts'
import type { Database } from './database.ts'
import type { LogPosition } from './log-position.ts'

/** Where the log of the primary stands. */
export async function selectPosition(primary: Database, flavour: Roles['flavour']): Promise<LogPosition> {
  const { rows } = await primary.executeQuery<{ position: LogPosition }>(CompiledQuery.raw(positionQuery(flavour)))
  const [row] = rows
  if (!row) throw new Error('the primary does not say where its log stands')
  return row.position
}

/** Waits until a replica has come to the position; false where it has not by then. Throws for what is no position. */
export async function selectReached(
  replica: Database,
  flavour: Roles['flavour'],
  position: LogPosition,
  withinMs: number,
): Promise<boolean> {
  const wait = CompiledQuery.raw(waitQuery(flavour, position, withinMs))
  const { rows } = await replica.executeQuery<{ reached: number | string }>(wait)
  return Number(rows[0]?.reached) === 1
}

/** Whether the server says that it takes writes; the two flavours spell it differently. */
export async function selectTakesWrites(server: Database): Promise<boolean> {
  const asked = CompiledQuery.raw("SELECT CAST(@@GLOBAL.read_only AS CHAR) IN ('0', 'OFF') AS takesWrites")
  const { rows } = await server.executeQuery<{ takesWrites: number | string }>(asked)
  return Number(rows[0]?.takesWrites) === 1
}
