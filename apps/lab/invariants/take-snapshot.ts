import { describeAnswer, httpCall } from '../../../infra/process/http-call.ts'
import type { Module } from '../../../infra/stage/topology.ts'
import type { Database } from '../../platform/mysql/database.ts'
import type { Tables } from '../../shop/tables.ts'
import { withDatabase } from '../runner/database.ts'
import {
  selectCartItems,
  selectOrderedLines,
  selectOrderKeys,
  selectOrders,
  selectPayments,
  selectProducts,
  selectSold,
} from './queries.ts'
import { type Charge, cartItem, type OrderState, type ProductState, type Snapshot } from './snapshot.ts'

const BANK_TIMEOUT_MS = 15_000

/** A database, and the modules whose rows are there. */
export type Place = { readonly url: string; readonly holds: readonly Module[] }

/** Reads the databases first and the bank after them, so that a charge is never newer than the bank's answer. Throws when one does not answer. */
export async function takeSnapshot(places: readonly Place[], bankUrl: string): Promise<Snapshot> {
  const parts = await Promise.all(places.map(readPlace))
  const charges = await readLedger(bankUrl)
  return {
    products: productsOf(parts),
    orders: new Map(parts.flatMap(ordersOf)),
    keys: parts.flatMap(({ keys }) =>
      keys.map((row) => ({ userId: row.user_id, key: row.idempotency_key, orderId: row.order_id })),
    ),
    payments: parts.flatMap(({ payments }) =>
      payments.map(({ id, order_id, status, amount_cents }) => {
        return { id, orderId: order_id, status, amountCents: Number(amount_cents) }
      }),
    ),
    charges,
    carts: new Map(
      parts.flatMap(({ carts }) => carts.map((row) => [cartItem(row.user_id, row.product_id), row.quantity] as const)),
    ),
  }
}

type Rows = Awaited<ReturnType<typeof readTables>>

/** All of a place from one moment: what is sold between two reads would look like a piece gone. Between two places nobody may shop meanwhile. */
function readPlace({ url, holds }: Place): Promise<Rows> {
  return withDatabase(url, (db) =>
    db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute((transaction) => readTables(transaction, holds)),
  )
}

async function readTables(db: Database<Tables>, holds: readonly Module[]) {
  const [products, orders, payments] = [holds.includes('products'), holds.includes('orders'), holds.includes('payments')]
  return {
    products: products ? await selectProducts(db) : [],
    sold: orders ? await selectSold(db) : [],
    orders: orders ? await selectOrders(db) : [],
    lines: orders ? await selectOrderedLines(db) : [],
    keys: orders ? await selectOrderKeys(db) : [],
    carts: orders ? await selectCartItems(db) : [],
    payments: payments ? await selectPayments(db) : [],
  }
}

/** A product's pieces may be sold in orders of several places. */
function productsOf(parts: readonly Rows[]): Map<string, ProductState> {
  const sold = new Map<string, number>()
  for (const row of parts.flatMap((part) => part.sold))
    sold.set(row.product_id, (sold.get(row.product_id) ?? 0) + Number(row.sold))
  return new Map(
    parts.flatMap(({ products }) =>
      products.map(({ id, stock, price_cents }) => [id, { stock, sold: sold.get(id) ?? 0, priceCents: price_cents }]),
    ),
  )
}

function ordersOf({ orders, lines }: Rows): [string, OrderState][] {
  const linesOf = new Map(lines.map((row) => [row.order_id, row]))
  return orders.map(({ id, user_id, status, total_cents }) => {
    const { lines_cents = 0, lines = '' } = linesOf.get(id) ?? {}
    return [id, { userId: user_id, status, totalCents: Number(total_cents), linesCents: Number(lines_cents), lines }]
  })
}

async function readLedger(bankUrl: string): Promise<readonly Charge[]> {
  const answer = await httpCall(`${bankUrl}/ledger`, { timeoutMs: BANK_TIMEOUT_MS }).catch(({ message }: Error) => {
    throw new Error(`the bank does not answer: ${message}`)
  })
  if (answer.status !== 200) throw new Error(`the bank answered ${describeAnswer(answer)} to GET /ledger`)
  const { charges }: { charges: readonly Charge[] } = JSON.parse(answer.text)
  return charges
}
