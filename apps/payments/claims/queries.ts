import type { OrderStatus } from '../../orders/order.ts'
import type { OrdersTables } from '../../orders/queries.ts'
import { compiled } from '../../platform/mysql/compiled.ts'
import type { Database } from '../../platform/mysql/database.ts'
import { withRetries } from '../../platform/mysql/transactions.ts'
import type { Outcome, PaymentsTables, Started } from '../queries.ts'

export type ClaimTables = OrdersTables & PaymentsTables

type Ending = { readonly orderId: string; readonly paymentId: string; readonly becomes: OrderStatus; readonly outcome: Outcome }

const endClaim = compiled((db: Database<ClaimTables>, { orderId, paymentId, becomes, outcome }: Ending) =>
  db
    .updateTable(['orders as o', 'payments as p'])
    .set('o.status', becomes)
    .set('p.status', outcome.status)
    .set('p.amount_cents', outcome.amount_cents)
    .set('p.charge_id', outcome.charge_id)
    .where('o.id', '=', orderId)
    .where('o.payment_id', '=', paymentId)
    .where('o.status', '=', 'paying')
    .where('p.id', '=', paymentId)
    .where('p.status', '=', 'started'),
)

/** Both rows in one statement, which is a transaction of its own. False, and nothing done, where the payment does not hold the order, or is settled. */
export async function endBoth(db: Database<ClaimTables>, { id, order_id }: Started, outcome: Outcome): Promise<boolean> {
  const becomes = outcome.status === 'captured' ? 'paid' : 'placed'
  const ending = { orderId: order_id, paymentId: id, becomes, outcome } as const
  const { numAffectedRows = 0n } = await withRetries(() => endClaim(db, ending))
  return numAffectedRows > 0n
}
