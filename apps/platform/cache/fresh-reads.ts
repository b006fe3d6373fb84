import type { Database, Databases } from '../mysql/database.ts'
import { isServerLost } from '../mysql/lost-server.ts'
import { within } from '../process/within.ts'

/** What was read, and whether it has all that was committed before it was asked for. */
export type FreshRead<Value> = { readonly value: Value; readonly fresh: boolean }

/** A primary that hangs is not waited for: what is shown may then be as old as a replica, but it is shown. */
const POSITION_TIMEOUT_MS = 250

/** From a replica that has everything which was committed before the call, or the primary. Where neither can be reached any replica will do. */
export async function readFresh<Value>(databases: Databases, load: (db: Database) => Promise<Value>): Promise<FreshRead<Value>> {
  const position = await within(POSITION_TIMEOUT_MS, databases.position())
  if (position !== undefined) {
    const value = await databases.readsAfter(position).then(load).then(found, lost)
    if (value) return { ...value, fresh: true }
  }
  return { value: await load(databases.reads), fresh: false }
}

function found<Value>(value: Value): { readonly value: Value } {
  return { value }
}

/** Throws again what asking another server would not mend. */
function lost(error: unknown): undefined {
  if (!isServerLost(error)) throw error
}
