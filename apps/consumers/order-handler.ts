import type { Transaction } from 'kysely'
import { type CONSUMERS, type OrderEvent, orderEventIn } from '../orders/order-event.ts'
import type { Event } from '../platform/events/event.ts'
import { type Handler, UnknownEvent } from '../platform/inbox/handler.ts'
import type { AnyTables } from '../platform/mysql/database.ts'

type Handle = (trx: Transaction<AnyTables>, order: OrderEvent, event: Event) => Promise<void>

/** What one consumer does about orders. */
export function orderHandler(name: (typeof CONSUMERS)[number], handle: Handle, after?: Handler['after']): Handler {
  return {
    name,
    async handle(trx, event) {
      const order = orderEventIn(event.body)
      if (!order) throw new UnknownEvent('no version of the events of orders is like it')
      await handle(trx, order, event)
    },
    ...(after && { after }),
  }
}
