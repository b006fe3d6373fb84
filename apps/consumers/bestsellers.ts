import { MOST_BESTSELLERS } from '../orders/bestsellers.ts'
import type { Sold } from '../orders/order.ts'
import type { Handler } from '../platform/inbox/handler.ts'
import type { Database } from '../platform/mysql/database.ts'
import { orderHandler } from './order-handler.ts'
import { addSales, type ConsumersTables, selectBestsellers } from './queries.ts'

/** Counts what is paid, and shows the list as a whole after each change: what was not shown is with the next. */
export function countBestsellers(db: Database<ConsumersTables>, show: (sold: readonly Sold[]) => Promise<void>): Handler {
  return orderHandler(
    'bestsellers',
    async (trx, order) => {
      if (order.type === 'paid') await addSales(trx, order)
    },
    async () => show(await selectBestsellers(db, MOST_BESTSELLERS)),
  )
}
