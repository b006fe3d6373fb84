import { isDeepStrictEqual } from 'node:util'
import { primaryDatabase, rolesNow } from '../../../infra/local/state/primary-database.ts'
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
import { ask, primariesAmong, redisOf } from '../runner/redis-servers.ts'
import { deleteUsersBut, emptyWrittenTables, lockTables, replaceProducts, selectTables, unlockTables } from './queries.ts'

/** Transactions of the shop are over in milliseconds. */
const LOCK_WITHIN_S = 2
const REDIS_TIMEOUT_MS = 5_000
const BANK_TIMEOUT_MS = 5_000
const COPIED_WITHIN_MS = 10_000

/**
 * Orders, payments and all else that shoppers wrote are gone, and products and people are as seeded. The stage goes on: what is asked
 * meanwhile sees all of it or none, as the tables are locked for the moment that it takes.
 */
export async function putDemoDataBack(stage: StageState): Promise<{ productsChanged: number; usersGone: number }> {
  const { url } = await primaryDatabase(stage)
  const found = await withDatabase(url, (db) => resetDatabase(db, () => emptyLedger(stage)))
  // In this order: what is read after the caches are emptied comes from databases that have it all.
  await untilCopied(stage)
  await emptyRedis(stage)
  return found
}

/** `whileLocked` runs while no order can be placed or paid. */
function resetDatabase(db: Database<Tables>, whileLocked: () => Promise<void>) {
  return db.connection().execute(async (connection) => {
    const tables = await selectTables(connection)
    await lockTables(connection, tables, LOCK_WITHIN_S)
    try {
      await emptyWrittenTables(connection, tables)
      const usersGone = await deleteUsersBut(
        connection,
        demoUsers().map(({ id }) => id),
      )
      const changed = await changedProducts(connection)
      await replaceProducts(connection, changed)
      await whileLocked()
      return { productsChanged: changed.length, usersGone }
    } finally {
      await unlockTables(connection)
    }
  })
}

/** As they were seeded: those that are otherwise now, or missing. */
async function changedProducts(db: Database<Tables>) {
  const now = new Map((await selectSeededProducts(db)).map((product) => [product.id, product]))
  return demoProducts().filter((product) => !isDeepStrictEqual({ ...product }, { ...now.get(product.id) }))
}

/** A replica that does not serve is not read; one that does must have what the primary has now. */
async function untilCopied({ programs, databases }: StageState): Promise<void> {
  const keeper = programs.find(({ kind }) => kind === 'failover')
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

/** Pages, sessions, counts and limits, all of which the shop makes anew. Who reads from the primary for a while still does. */
async function emptyRedis(stage: StageState): Promise<void> {
  const primaries = await primariesAmong(stage, [...redisOf(stage, 'cache'), ...redisOf(stage, 'state')])
  // All up to the tag, which says whose it is.
  const [keep = ''] = KEYS.written('').split('{', 1)
  for (const primary of primaries) {
    const empty = async (redis: Parameters<Parameters<typeof ask>[2]>[0]) => {
      for await (const keys of redis.scanStream({ count: 1_000 }) as AsyncIterable<string[]>) {
        const gone = keys.filter((key) => !key.startsWith(keep))
        await Promise.all(gone.map((key) => redis.unlink(key)))
      }
    }
    await ask(stage, primary, empty, REDIS_TIMEOUT_MS)
  }
}
