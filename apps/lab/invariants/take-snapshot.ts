import { Kysely, MysqlDialect } from 'kysely'
import { createPool } from 'mysql2'
import type { Database } from '../../platform/mysql/database.ts'
import type { Tables } from '../../shop/tables.ts'
import { selectOrderedLines, selectOrderKeys, selectOrders, selectPayments, selectProducts, selectSold } from './queries.ts'
import type { Charge, Snapshot } from './snapshot.ts'

const CONNECT_TIMEOUT_MS = 5_000
/** The database runs on a small host, and has to read all its orders. */
const SNAPSHOT_TIMEOUT_MS = 60_000
const BANK_TIMEOUT_MS = 15_000

type Stored = Omit<Snapshot, 'charges'>

/** Reads the databases first and the bank after them, so that a charge is never newer than the bank's answer. Throws when one does not answer. */
export async function takeSnapshot(databaseUrls: readonly string[], bankUrl: string): Promise<Snapshot> {
  const parts = await Promise.all(databaseUrls.map(readDatabase))
  const charges = await readLedger(bankUrl)
  return {
    products: new Map(parts.flatMap(({ products }) => [...products])),
    orders: new Map(parts.flatMap(({ orders }) => [...orders])),
    keys: parts.flatMap(({ keys }) => keys),
    payments: parts.flatMap(({ payments }) => payments),
    charges,
  }
}

async function readDatabase(url: string): Promise<Stored> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const login = { host: hostname, port: Number(port), user: username, password: decodeURIComponent(password) }
  const pool = createPool({ ...login, database: pathname.slice(1), connectionLimit: 1, connectTimeout: CONNECT_TIMEOUT_MS })
  const db: Database<Tables> = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) })
  const timer = setTimeout(() => pool.end(), SNAPSHOT_TIMEOUT_MS)
  try {
    // All from one moment: what is sold between two reads would look like a piece gone.
    return await db.transaction().setIsolationLevel('repeatable read').execute(readTables)
  } finally {
    clearTimeout(timer)
    await db.destroy()
  }
}

async function readTables(db: Database<Tables>): Promise<Stored> {
  const products = await selectProducts(db)
  const sold = new Map((await selectSold(db)).map((row) => [row.product_id, Number(row.sold)]))
  const orders = await selectOrders(db)
  const lines = new Map((await selectOrderedLines(db)).map((row) => [row.order_id, row]))
  const keys = await selectOrderKeys(db)
  const payments = await selectPayments(db)
  return {
    products: new Map(
      products.map((row) => [row.id, { stock: row.stock, sold: sold.get(row.id) ?? 0, priceCents: row.price_cents }]),
    ),
    orders: new Map(
      orders.map((row) => [
        row.id,
        {
          userId: row.user_id,
          status: row.status,
          totalCents: Number(row.total_cents),
          linesCents: Number(lines.get(row.id)?.lines_cents ?? 0),
          lines: lines.get(row.id)?.lines ?? '',
        },
      ]),
    ),
    keys: keys.map((row) => ({ userId: row.user_id, key: row.idempotency_key, orderId: row.order_id })),
    payments: payments.map((row) => ({
      id: row.id,
      orderId: row.order_id,
      status: row.status,
      amountCents: Number(row.amount_cents),
    })),
  }
}

async function readLedger(bankUrl: string): Promise<readonly Charge[]> {
  const answer = await fetch(`${bankUrl}/ledger`, { signal: AbortSignal.timeout(BANK_TIMEOUT_MS) }).catch((error: Error) => {
    throw new Error(`the bank does not answer: ${error.cause instanceof Error ? error.cause.message : error.message}`)
  })
  if (!answer.ok) throw new Error(`the bank answered ${answer.status} to GET /ledger`)
  const { charges } = (await answer.json()) as { charges: readonly Charge[] }
  return charges
}
