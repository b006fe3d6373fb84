import { isDeepStrictEqual } from 'node:util'
import { rolesNow } from '../../../infra/local/state/primary-database.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { httpCall } from '../../../infra/process/http-call.ts'
import type { Database } from '../../platform/mysql/database.ts'
import { selectPosition, selectReached } from '../../platform/mysql/queries.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import { selectSeededProducts } from '../../products/queries.ts'
import { demoProducts } from '../../products/seed.ts'
import type { Tables } from '../../shop/tables.ts'
import { demoUsers } from '../../users/seed.ts'
import { CommandError } from '../runner/command.ts'
import { withDatabase } from '../runner/database.ts'
import { type Place, placesOf } from '../runner/places.ts'
import { deleteUsersBut, emptyWrittenTables, lockTables, replaceProducts, selectTables, unlockTables } from './queries.ts'
import { emptyRedisBut, emptyStream } from './redis-keys.ts'

/** Transactions of the shop are over in milliseconds. */
const LOCK_WITHIN_S = 2
const BANK_TIMEOUT_MS = 5_000
const COPIED_WITHIN_MS = 10_000

/**
 * Orders, payments and all else that shoppers wrote are gone, and products and people are as seeded. The stage goes on: what is asked
 * meanwhile sees all of it or none, as the tables are locked for the moment that it takes.
 */
export async function putDemoDataBack(stage: StageState): Promise<{ productsChanged: number; usersGone: number }> {
  const found = await allLocked(await placesOf(stage), async (places) => {
    const reset = await Promise.all(places.map(resetPlace))
    // While no order can be placed or paid.
    await emptyLedger(stage)
    await emptyStream(stage, KEYS.orderEvents('all'))
    return reset
  })
  // In this order: what is read after the caches are emptied comes from databases that have it all.
  await untilCopied(stage)
  // Who reads from the primary for a while still does.
  await emptyRedisBut(stage, [KEYS.written])
  const sum = (key: keyof Found) => found.reduce((total, one) => total + one[key], 0)
  return { productsChanged: sum('productsChanged'), usersGone: sum('usersGone') }
}

type Found = { readonly productsChanged: number; readonly usersGone: number }
type LockedPlace = Pick<Place, 'holds'> & { readonly db: Database<Tables>; readonly tables: readonly string[] }

/** One after the other is locked, and all are for as long as the work takes. */
async function allLocked<Value>(
  [place, ...others]: readonly Place[],
  work: (places: readonly LockedPlace[]) => Promise<Value>,
): Promise<Value> {
  if (!place) return work([])
  return locked(place, (one) => allLocked(others, (rest) => work([one, ...rest])))
}

function locked<Value>({ url, holds }: Place, work: (place: LockedPlace) => Promise<Value>): Promise<Value> {
  return withDatabase(url, (database) =>
    database.connection().execute(async (db) => {
      const tables = await selectTables(db)
      await lockTables(db, tables, LOCK_WITHIN_S)
      try {
        return await work({ db, tables, holds })
      } finally {
        await unlockTables(db)
      }
    }),
  )
}

async function resetPlace({ db, tables, holds }: LockedPlace): Promise<Found> {
  await emptyWrittenTables(db, tables)
  return {
    productsChanged: holds.includes('products') ? await putProductsBack(db) : 0,
    usersGone: holds.includes('users') ? await removeNewUsers(db) : 0,
  }
}

function removeNewUsers(db: Database<Tables>): Promise<number> {
  return deleteUsersBut(
    db,
    demoUsers().map(({ id }) => id),
  )
}

async function putProductsBack(db: Database<Tables>): Promise<number> {
  const changed = await changedProducts(db)
  await replaceProducts(db, changed)
  return changed.length
}

/** As they were seeded: those that are otherwise now, or missing. */
async function changedProducts(db: Database<Tables>) {
  const now = new Map((await selectSeededProducts(db)).map((product) => [product.id, product]))
  return demoProducts().filter((product) => !isDeepStrictEqual({ ...product }, { ...now.get(product.id) }))
}

/** A replica that does not serve is not read; one that does must have what the primary has now. */
async function untilCopied({ programs, databases, stores }: StageState): Promise<void> {
  // Of buckets nobody reads a copy.
  const group = stores.find(({ failover, buckets }) => failover !== undefined && !buckets)
  const keeper = programs.find(({ name }) => name === group?.failover)
  if (!keeper) return
  const { primary, replicas, flavour } = await rolesNow(keeper.port)
  const urlOf = (name: string | null) => databases.find((database) => database.name === name)?.url ?? ''
  const position = await withDatabase(urlOf(primary), (db) => selectPosition(db, flavour))
  const serving = replicas.filter((replica) => replica.serving).map(({ name }) => name)
  const reached = (name: string) => withDatabase(urlOf(name), (db) => selectReached(db, flavour, position, COPIED_WITHIN_MS))
  const late = (await Promise.all(serving.map(reached))).indexOf(false)
  if (late >= 0) throw new CommandError(`${serving[late]} did not copy the demo data within ${COPIED_WITHIN_MS / 1_000} s`)
}

/** What was charged for orders that are gone would look like charges that nobody asked for. */
async function emptyLedger({ bank }: StageState): Promise<void> {
  const { status } = await httpCall(`${bank}/ledger`, { method: 'DELETE', timeoutMs: BANK_TIMEOUT_MS })
  if (status !== 204) throw new CommandError(`the bank did not begin a new ledger: it answered ${status}`)
}
