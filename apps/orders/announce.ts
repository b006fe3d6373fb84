import type { Transaction } from 'kysely'
import { putInOutbox } from '../platform/events/outbox.ts'
import type { OutboxTables } from '../platform/events/queries.ts'
import type { AnyTables } from '../platform/mysql/database.ts'
import type { Order } from './order.ts'
import type { OrderEvent } from './order-event.ts'
import type { OrdersTables } from './queries.ts'

/** Tells of an order in the transaction that changes it: told is exactly what happened. */
export type Announce = (trx: Transaction<OrdersTables>, type: OrderEvent['type'], order: OwnedOrder) => Promise<void>
type OwnedOrder = Order & { readonly userId: string }

/** For whoever listens, in whichever process: where the orders' database has an outbox. */
export const announceInOutbox: Announce = (trx, type, { id, userId, totalCents, items }) => {
  const outbox: Transaction<OutboxTables> = trx as Transaction<AnyTables>
  const body: OrderEvent = { version: 1, type, orderId: id, userId, totalCents, items }
  return putInOutbox(outbox, { subject: id, body })
}
