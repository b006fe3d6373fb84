import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import type { Module } from '../../../../infra/stage/topology.ts'
import type { Database } from '../../../platform/mysql/database.ts'
import { KEYS } from '../../../platform/redis/keys.ts'
import type { Tables } from '../../../shop/tables.ts'
import type { Snapshot } from '../../invariants/snapshot.ts'
import { snapshotOf } from '../../invariants/stage-snapshot.ts'
import { emptyWrittenTables, selectTables, selectWritten } from '../../reset/queries.ts'
import { emptyRedisBut } from '../../reset/redis-keys.ts'
import { CommandError } from '../../runner/command.ts'
import { withDatabase } from '../../runner/database.ts'
import { type Place, placesOf } from '../../runner/places.ts'
import { restock, selectHeld, selectLockWaitMs, selectStockTotal } from './queries.ts'

/** No orders and payments, every piece back on its shelf, and who is logged in stays so. Throws one line when pieces are missing then. */
export async function resetShop(stage: StageState, expectedPieces: number | undefined): Promise<number> {
  const places = await placesOf(stage)
  const catalogue = placesWith('products', places)
  // Emptying tables makes work for the database in the background, so an untouched one is left alone.
  const isTouched = await inEach(places, async (db) => (await selectWritten(db, await selectEmptied(db))).length > 0)
  const touched = places.filter((_, index) => isTouched[index])
  if (touched.length > 0) {
    const held = (await inEach(placesWith('orders', touched), selectHeld)).flat()
    await inEach(catalogue, (db) => restock(db, held))
    await inEach(touched, async (db) => emptyWrittenTables(db, await selectEmptied(db)))
    await emptyRedisBut(stage, [KEYS.session, KEYS.sessionsOfUser])
  }
  const pieces = (await inEach(catalogue, selectStockTotal)).reduce((sum, one) => sum + one, 0)
  if (expectedPieces === undefined || pieces === expectedPieces) return pieces
  throw new CommandError(`stage ${stage.name}: ${pieces} pieces are in stock after a reset, and ${expectedPieces} were at first`)
}

/** Customers log in once for all rounds. */
async function selectEmptied(db: Database<Tables>): Promise<string[]> {
  return (await selectTables(db)).filter((table) => table !== SESSIONS)
}

const SESSIONS: keyof Tables = 'sessions'

function placesWith(module: Module, places: readonly Place[]): Place[] {
  return places.filter(({ holds }) => holds.includes(module))
}

function inEach<Value>(places: readonly Place[], work: (db: Database<Tables>) => Promise<Value>): Promise<Value[]> {
  return Promise.all(places.map(({ url }) => withDatabase(url, work)))
}

export async function lockWaitMs({ databases }: StageState): Promise<number> {
  const waits = await Promise.all(databases.map(({ url }) => withDatabase(url, selectLockWaitMs)))
  return waits.reduce((sum, wait) => sum + wait, 0)
}

/**
 * A way to read the stage's databases and its bank; charges from before now are left out, as the reset emptied the orders that they were for,
 * and so is what is done after the answers, which is late at capacity.
 */
export async function snapshots(stage: StageState): Promise<{ before: Snapshot; take: () => Promise<Snapshot> }> {
  const first = await snapshotOf(stage)
  const old = new Set(first.charges.map(({ chargeId }) => chargeId))
  const withoutOld = ({ told: _, ...snapshot }: Snapshot) => ({
    ...snapshot,
    charges: snapshot.charges.filter(({ chargeId }) => !old.has(chargeId)),
  })
  return { before: withoutOld(first), take: async () => withoutOld(await snapshotOf(stage)) }
}
