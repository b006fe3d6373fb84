/**
 * Flash-sale stock in Redis (I8): who comes too late is refused in one round trip, before MySQL is asked anything.
 *
 * A sale is one hash: the pieces that are left, and a field for each request that was let in, so that its repetition reaches MySQL and
 * is answered as it was. MySQL is the judge of what is sold. Each second the count is set to its stock, which mends whatever went
 * wrong: a piece taken by an app that died, stock that came back, a Redis that was lost or has forgotten its last second. In between
 * the count may be too high, and MySQL refuses a few; too low it is for a second, or for ten while nobody counts, and then it is gone.
 * Without a count (Redis away, or emptied) every order goes to MySQL. Once requests may have been let in of which the hash does not
 * know, the sale is in doubt: those that it would refuse are looked up in MySQL first, by their key alone. Only an order from before
 * the sale is not known to it.
 */
import { createHash } from 'node:crypto'
import { ShopError } from '../../platform/http/errors.ts'
import type { IdempotentRequest } from '../../platform/http/idempotency.ts'
import type { Database, Databases } from '../../platform/mysql/database.ts'
import { type Repeated, repeated } from '../../platform/process/repeated.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { eachServer } from '../../platform/redis/servers.ts'
import type { ProductsTables } from '../queries.ts'
import { outOfStock, stocksOf } from '../stocks.ts'
import type { Attempt, SaleGate } from './gate.ts'
import { type FlashSalesTables, selectOpenFlashSales } from './queries.ts'
import { type SaleScripts, saleScripts } from './scripts.ts'

export type RedisSaleGate = SaleGate & Repeated

const COUNT_EVERY_MS = 1_000

type SaleTables = FlashSalesTables & ProductsTables

type Gate = {
  readonly scripts: SaleScripts
  readonly writes: Database<SaleTables>
  /** Set when Redis was away, until all sales have been told. */
  doubtful: boolean
}

/** Where a worker counts, an app does so only while it is in doubt: nobody else knows that it is. */
type Duty = { readonly counts: 'always' | 'in doubt' }

export function redisSaleGate(
  redis: RedisClient,
  { writes }: Pick<Databases<SaleTables>, 'writes'>,
  { counts }: Duty = { counts: 'always' },
): RedisSaleGate {
  const gate: Gate = { scripts: saleScripts(redis), writes, doubtful: false }
  // What comes back, or takes over, may lack its last second.
  const doubt = () => {
    gate.doubtful = true
  }
  eachServer(redis, (server) => server.on('close', doubt))
  redis.on('moved', doubt)
  return {
    // Where Redis is away the sale has no count yet.
    open: (sale, pieces) => gate.scripts.open(sale, pieces).catch(() => undefined),
    async admit(attempt) {
      const id = idOf(attempt.request)
      const held = await enter(gate, attempt, id)
      return attempt.place().catch(async (error) => {
        await leave(gate.scripts, id, held, error)
        throw error
      })
    },
    ...repeated('counting flash sales', COUNT_EVERY_MS, async () => {
      if (counts === 'always' || gate.doubtful) await countAll(gate)
    }),
  }
}

/** A request's name in a sale's hash, however long its key. */
function idOf({ userId, key }: IdempotentRequest): string {
  return createHash('sha256').update(`${userId} ${key}`).digest('base64url')
}

/** Takes the pieces of all products that are in a sale, and answers which these are. Throws OUT_OF_STOCK, and then has taken nothing. */
async function enter(gate: Gate, { items, isPlaced }: Attempt<unknown>, id: string): Promise<string[]> {
  const { gone, taken } = await gate.scripts.take(id, items).catch(() => {
    gate.doubtful = true
    return { gone: undefined, taken: [] }
  })
  if (!gone || ((gone.doubt || gate.doubtful) && (await isPlaced()))) return taken
  throw outOfStock(gone.productId, gone.left)
}

/** Pieces that MySQL does not have are not given back; and where nobody knows whether the order stands, it is taken for one that does. */
async function leave(scripts: SaleScripts, id: string, held: readonly string[], error: unknown): Promise<void> {
  if (!(error instanceof ShopError) || UNDECIDED.has(error.code)) return
  await scripts.giveBack(held, id, error.code !== 'OUT_OF_STOCK')
}

const UNDECIDED: ReadonlySet<string> = new Set(['KEY_IN_USE', 'UNAVAILABLE', 'INTERNAL'])

/** Sets all counts right after MySQL. Several processes may do so at once: what they write is the same. */
async function countAll(gate: Gate): Promise<void> {
  const sales = await selectOpenFlashSales(gate.writes, new Date())
  const ids = sales.map(({ product_id }) => product_id)
  const stocks = await stocksOf(gate.writes, ids)
  const { doubtful } = gate
  gate.doubtful = false
  try {
    for (const sale of sales) await gate.scripts.count(sale, stocks.get(sale.product_id) ?? 0, doubtful)
  } catch (error) {
    gate.doubtful = true
    throw error
  }
}
