import { describeAnswer, httpCall } from '../../../infra/process/http-call.ts'
import type { Module } from '../../../infra/stage/topology.ts'
import type { ConsumersTables } from '../../consumers/queries.ts'
import { keyAsSent } from '../../platform/http/idempotency.ts'
import type { AnyTables, Database } from '../../platform/mysql/database.ts'
import type { Tables } from '../../shop/tables.ts'
import { withDatabase } from '../runner/database.ts'
import type { Place } from '../runner/places.ts'
import {
  type OrderPieces,
  selectCartItems,
  selectCountedSales,
  selectHeard,
  selectHeldPieces,
  selectOrderedLines,
  selectOrderKeys,
  selectOrders,
  selectOwedPieces,
  selectPayments,
  selectPendingOrders,
  selectProducts,
  selectSold,
} from './queries.ts'
import { type Charge, cartItem, type OrderState, type ProductState, type Snapshot, type Told } from './snapshot.ts'

const BANK_TIMEOUT_MS = 15_000

/** Reads the databases first and the bank after them, so that a charge is never newer than the bank's answer. Throws when one does not answer. */
export async function takeSnapshot(places: readonly Place[], bankUrl: string): Promise<Snapshot> {
  const parts = await Promise.all(places.filter(({ holds }) => holds.length > 0).map(readPlace))
  const charges = await readLedger(bankUrl)
  const orders = new Map(parts.flatMap(ordersOf))
  const reserved = reservedIn(parts, orders)
  const [told] = await Promise.all(places.filter(({ holds }) => holds.length === 0).map(readTold))
  return {
    products: productsOf(parts, reserved),
    orders,
    keys: parts.flatMap(({ keys }) =>
      keys.map((row) => ({ userId: row.user_id, key: keyAsSent(row.idempotency_key), orderId: row.order_id })),
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
    underWay: [...new Set([...parts.flatMap(({ pending }) => pending), ...reserved.map(({ orderId }) => orderId)])],
    ...(told && { told }),
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

/** Who hears of orders holds no module's rows, and is read after them: what it has heard of they know. */
function readTold({ url }: Place): Promise<Told> {
  return withDatabase(url, async (db: Database<AnyTables>) => {
    const consumers: Database<ConsumersTables> = db
    const [heard, sales] = [await selectHeard(consumers), await selectCountedSales(consumers)]
    const byOrder = Map.groupBy(heard, ({ order_id }) => order_id)
    return {
      histories: new Map([...byOrder].map(([id, rows]) => [id, rows.map(({ type }) => type)])),
      sales: new Map(sales.map(({ product_id, pieces }) => [product_id, Number(pieces)])),
    }
  })
}

async function readTables(db: Database<Tables>, holds: readonly Module[]) {
  const [products, orders, payments] = [holds.includes('products'), holds.includes('orders'), holds.includes('payments')]
  return {
    products: products ? await selectProducts(db) : [],
    held: products ? await selectHeldPieces(db) : [],
    pending: orders ? await selectPendingOrders(db) : [],
    owed: orders ? await selectOwedPieces(db) : [],
    sold: orders ? await selectSold(db) : [],
    orders: orders ? await selectOrders(db) : [],
    lines: orders ? await selectOrderedLines(db) : [],
    keys: orders ? await selectOrderKeys(db) : [],
    carts: orders ? await selectCartItems(db) : [],
    payments: payments ? await selectPayments(db) : [],
  }
}

/** What has left the shelf for no order that is there, be it placed or cancelled; and what a cancelled one owes. */
function reservedIn(parts: readonly Rows[], orders: ReadonlyMap<string, OrderState>): OrderPieces[] {
  return parts.flatMap(({ held, owed }) => [...held.filter(({ orderId }) => !orders.has(orderId)), ...owed])
}

/** A product's pieces may be sold in orders of several places. */
function productsOf(parts: readonly Rows[], reserved: readonly OrderPieces[]): Map<string, ProductState> {
  const soldOf = sums(parts.flatMap(({ sold }) => sold.map((row) => [row.product_id, Number(row.sold)] as const)))
  const reservedOf = sums(reserved.map(({ productId, quantity }) => [productId, quantity] as const))
  const stateOf = ({ id, stock, price_cents }: Rows['products'][number]): [string, ProductState] => {
    return [id, { stock, sold: soldOf.get(id) ?? 0, reserved: reservedOf.get(id) ?? 0, priceCents: price_cents }]
  }
  return new Map(parts.flatMap(({ products }) => products.map(stateOf)))
}

function sums(pairs: readonly (readonly [name: string, number: number])[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const [name, number] of pairs) found.set(name, (found.get(name) ?? 0) + number)
  return found
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
