import { type Generated, sql, type Transaction } from 'kysely'
import type { Sold } from '../orders/order.ts'
import type { OrderEvent } from '../orders/order-event.ts'
import type { Event } from '../platform/events/event.ts'
import type { Database } from '../platform/mysql/database.ts'

export type ConsumersTables = {
  order_history: {
    number: Generated<number>
    event_id: string
    order_id: string
    user_id: string
    type: OrderEvent['type']
    total_cents: number
    happened_at: Date
  }
  product_sales: { product_id: string; pieces: number }
}

type Trx = Transaction<ConsumersTables>

export async function insertHistory(
  trx: Trx,
  { id, at }: Event,
  { orderId, userId, type, totalCents }: OrderEvent,
): Promise<void> {
  const row = { event_id: id, order_id: orderId, user_id: userId, type, total_cents: totalCents, happened_at: new Date(at) }
  await trx.insertInto('order_history').values(row).execute()
}

/** The oldest first. */
export async function selectHistory(db: Database<ConsumersTables>, orderId: string) {
  return db.selectFrom('order_history').selectAll().where('order_id', '=', orderId).orderBy('number').execute()
}

export async function selectHistoryOf(db: Database<ConsumersTables>, eventIds: readonly string[]) {
  if (eventIds.length === 0) return []
  return db.selectFrom('order_history').selectAll().where('event_id', 'in', eventIds).orderBy('number').execute()
}

export async function deleteHistory(trx: Trx, eventIds: readonly string[]): Promise<void> {
  if (eventIds.length > 0) await trx.deleteFrom('order_history').where('event_id', 'in', eventIds).execute()
}

export async function addSales(trx: Trx, { items }: OrderEvent): Promise<void> {
  for (const { productId, quantity } of items) {
    const sold = trx.insertInto('product_sales').values({ product_id: productId, pieces: quantity })
    await sold.onDuplicateKeyUpdate({ pieces: sql`pieces + ${quantity}` }).execute()
  }
}

export async function selectBestsellers(db: Database<ConsumersTables>, most: number): Promise<Sold[]> {
  const rows = await db
    .selectFrom('product_sales')
    .selectAll()
    .orderBy('pieces', 'desc')
    .orderBy('product_id', 'desc')
    .limit(most)
    .execute()
  return rows.map(({ product_id, pieces }) => ({ productId: product_id, pieces }))
}

export type DayOfOrders = {
  readonly placed: number
  readonly paid: number
  readonly cancelled: number
  readonly paidCents: number
}

/** From `begin` to before `end`. */
export async function selectDay(db: Database<ConsumersTables>, begin: Date, end: Date): Promise<DayOfOrders> {
  const rows = await db
    .selectFrom('order_history')
    .where('happened_at', '>=', begin)
    .where('happened_at', '<', end)
    .groupBy('type')
    .select((q) => ['type', q.fn.countAll<number>().as('count'), q.fn.sum<number | string>('total_cents').as('cents')])
    .execute()
  const of = (type: OrderEvent['type']) => rows.find((row) => row.type === type)
  const count = (type: OrderEvent['type']) => of(type)?.count ?? 0
  return {
    placed: count('placed'),
    paid: count('paid'),
    cancelled: count('cancelled'),
    paidCents: Number(of('paid')?.cents ?? 0),
  }
}
