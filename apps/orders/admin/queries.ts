import type { Database } from '../../platform/mysql/database.ts'
import { idsFrom } from '../../platform/process/ids.ts'
import type { OrderStatus } from '../order.ts'
import type { LineRow, OrderRow, OrdersTables, WholeOrder } from '../queries.ts'

/** `before`: the id of an order; those that are older. */
export type Page = { readonly status?: OrderStatus; readonly before?: string; readonly most: number }

/** Orders of all customers with their lines, newest first. The page is cut before the lines come to it: no more is read than is shown. */
export async function selectNewest(db: Database<OrdersTables>, page: Page): Promise<WholeOrder[]> {
  const rows: (OrderRow & LineRow)[] = await db
    .selectFrom(newest(db, page).as('o'))
    .innerJoin('order_lines as l', 'l.order_id', 'o.id')
    .selectAll(['o', 'l'])
    .orderBy('o.id', 'desc')
    .orderBy('l.position')
    .execute()
  return [...Map.groupBy(rows, ({ id }) => id).values()].map((lines) => ({ row: lines[0] as OrderRow, lines }))
}

function newest(db: Database<OrdersTables>, { status, before, most }: Page) {
  const all = db.selectFrom('orders').selectAll()
  const some = status === undefined ? all : all.where('status', '=', status)
  const older = before === undefined ? some : some.where('id', '<', before)
  return older.orderBy('id', 'desc').limit(most)
}

export type Span = { readonly from: Date; readonly to: Date }
export type Sum = { readonly orders: number; readonly totalCents: number }

/** An id and its order's `created_at` are of one process and one moment, give or take what it waits for locks and how its clock is set. */
const APART_MS = 60_000

/** Paid orders that were placed in the span, its end left out: one stretch of one index, and no row of the table. */
export async function selectSales(db: Database<OrdersTables>, { from, to }: Span): Promise<Sum> {
  const { orders, cents } = await db
    .selectFrom('orders')
    .where('status', '=', 'paid')
    .where('id', '>=', idsFrom('ord', Math.max(0, from.getTime() - APART_MS)))
    .where('id', '<', idsFrom('ord', to.getTime() + APART_MS))
    .where('created_at', '>=', from)
    .where('created_at', '<', to)
    .select((q) => [q.fn.countAll<number>().as('orders'), q.fn.sum<number | string | null>('total_cents').as('cents')])
    .executeTakeFirstOrThrow()
  // A sum is a decimal, which comes as text, and of nothing it is NULL.
  return { orders: Number(orders), totalCents: Number(cents ?? 0) }
}
