import type { Transaction } from 'kysely'
import { compiled } from '../platform/mysql/compiled.ts'
import type { Database } from '../platform/mysql/database.ts'
import type { OrderStatus, Sold } from './order.ts'

export type OrdersTables = {
  orders: {
    id: string
    user_id: string
    status: OrderStatus
    total_cents: number
    payment_id: string | null
    created_at: Date
  }
  order_lines: {
    order_id: string
    position: number
    product_id: string
    name: string
    unit_price_cents: number
    quantity: number
  }
  order_keys: { user_id: string; idempotency_key: string; request_hash: Buffer; order_id: string }
}

export type OrderRow = OrdersTables['orders']
export type LineRow = OrdersTables['order_lines']
/** What a statement takes that makes sense only together with others. */
type Trx = Transaction<OrdersTables>

const insertKey = compiled((db: Database<OrdersTables>, key: OrdersTables['order_keys']) =>
  db.insertInto('order_keys').values(key),
)

export async function insertOrderKey(trx: Trx, key: OrdersTables['order_keys']): Promise<void> {
  await insertKey(trx, key)
}

const insertOrderRow = compiled((db: Database<OrdersTables>, order: OrderRow) => db.insertInto('orders').values(order))
const insertLines = compiled((db: Database<OrdersTables>, lines: readonly LineRow[]) =>
  db.insertInto('order_lines').values(lines),
)

export async function insertOrder(trx: Trx, order: OrderRow, lines: readonly LineRow[]): Promise<void> {
  await insertOrderRow(trx, order)
  await insertLines(trx, lines)
}

export async function selectOrderKey(db: Database<OrdersTables>, userId: string, key: string) {
  return db
    .selectFrom('order_keys')
    .select(['request_hash', 'order_id'])
    .where('user_id', '=', userId)
    .where('idempotency_key', '=', key)
    .executeTakeFirst()
}

const orderAndLines = compiled((db: Database<OrdersTables>, userId: string, id: string) =>
  db
    .selectFrom('orders as o')
    .innerJoin('order_lines as l', 'l.order_id', 'o.id')
    .selectAll('l')
    .select(['o.user_id', 'o.status', 'o.total_cents', 'o.payment_id', 'o.created_at'])
    .where('o.id', '=', id)
    .where('o.user_id', '=', userId)
    .orderBy('l.position'),
)

export type WholeOrder = { readonly row: OrderRow; readonly lines: readonly LineRow[] }

/** With its lines, of which each order has one at least. */
export async function selectOrder(db: Database<OrdersTables>, userId: string, id: string): Promise<WholeOrder | undefined> {
  const { rows } = await orderAndLines(db, userId, id)
  const [first] = rows
  return first && { row: { ...first, id }, lines: rows }
}

/** Newest first; with `before`, those older than that order. */
export async function selectOrders(
  db: Database<OrdersTables>,
  userId: string,
  { before, most }: { before?: string; most: number },
) {
  const query = db.selectFrom('orders').selectAll().where('user_id', '=', userId)
  const page = before === undefined ? query : query.where('id', '<', before)
  return page.orderBy('id', 'desc').limit(most).execute()
}

export async function selectLines(db: Database<OrdersTables>, orderIds: readonly string[]): Promise<LineRow[]> {
  if (orderIds.length === 0) return []
  return db
    .selectFrom('order_lines')
    .selectAll()
    .where('order_id', 'in', orderIds)
    .orderBy('order_id')
    .orderBy('position')
    .execute()
}

/** False where the order is not the user's or not `placed`. */
export async function setCancelled(trx: Trx, userId: string, id: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('orders')
    .set({ status: 'cancelled' })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('status', '=', 'placed')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

const claimOrder = compiled((db: Database<OrdersTables>, userId: string, id: string, paymentId: string) =>
  db
    .updateTable('orders')
    .set({ status: 'paying', payment_id: paymentId })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('status', '=', 'placed')
    .where((where) => where.or([where('payment_id', 'is', null), where('payment_id', '!=', paymentId)])),
)

/** False where the order is not the user's, not `placed`, or was given back by this same payment before. */
export async function setPaying(db: Database<OrdersTables>, userId: string, id: string, paymentId: string): Promise<boolean> {
  return (await claimOrder(db, userId, id, paymentId)).numAffectedRows === 1n
}

/** `before` where this payment had paid it already; undefined where the payment does not hold the order. */
export async function setPaid(db: Database<OrdersTables>, id: string, paymentId: string): Promise<'now' | 'before' | undefined> {
  const { numUpdatedRows, numChangedRows } = await db
    .updateTable('orders')
    .set({ status: 'paid' })
    .where('id', '=', id)
    .where('payment_id', '=', paymentId)
    .where('status', 'in', ['paying', 'paid'])
    .executeTakeFirst()
  // Rows that were found count as updated; those that are different now, as changed.
  if (numUpdatedRows === 0n) return undefined
  return numChangedRows === 1n ? 'now' : 'before'
}

/** Gives the order back; nothing happens where this payment does not hold it. */
export async function setPlacedAgain(db: Database<OrdersTables>, id: string, paymentId: string): Promise<void> {
  await db
    .updateTable('orders')
    .set({ status: 'placed' })
    .where('id', '=', id)
    .where('payment_id', '=', paymentId)
    .where('status', '=', 'paying')
    .execute()
}

/** Pieces in paid orders by product. Reads every paid order. */
export async function selectSold(db: Database<OrdersTables>): Promise<Sold[]> {
  const rows = await db
    .selectFrom('orders as o')
    .innerJoin('order_lines as l', 'l.order_id', 'o.id')
    .where('o.status', '=', 'paid')
    .select((q) => ['l.product_id as productId', q.fn.sum<number | string>('l.quantity').as('pieces')])
    .groupBy('l.product_id')
    .execute()
  // A sum is a decimal, which comes as text.
  return rows.map(({ productId, pieces }) => ({ productId, pieces: Number(pieces) }))
}
