/**
 * Beside the checkout's transaction the one place that touches the tables of two modules: a payment is written down and claims its order
 * in one commit, and its outcome is stored and the order paid in another. Each commit waits for a disk, and in a group for a replica.
 */
import type { Transaction } from 'kysely'
import { type OrdersTables, selectOrder, setPaying } from '../../orders/queries.ts'
import { toOrder, whyNot } from '../../orders/stored-orders.ts'
import { type Subscriber, tellPaid } from '../../orders/subscribers.ts'
import { ShopError } from '../../platform/http/errors.ts'
import type { Database } from '../../platform/mysql/database.ts'
import type { Store } from '../../platform/mysql/store.ts'
import { codeOf, inTransaction } from '../../platform/mysql/transactions.ts'
import { LEASE_S } from '../lease.ts'
import { insertPayment, type NewPayment, type PaymentsTables, selectPayment } from '../queries.ts'
import type { Begun, Claims } from './claims.ts'
import { type ClaimTables, endBoth } from './queries.ts'

/** `apart` does what is rare: it finishes what was left half done. `subscribers` are those of orders. */
type Parts = { readonly apart: Claims; readonly subscribers: readonly Subscriber[] }

/** Only where orders and payments are in one store. */
export function claimTransaction(store: Store<ClaimTables>, { apart, subscribers }: Parts): Claims {
  return {
    begin: (payment) => begin(store.of(payment.user_id).writes, payment),
    resume: apart.resume,
    async end(payment, order, outcome) {
      const endOnce = () => endBoth(store.of(payment.user_id).writes, payment, outcome)
      const ended = outcome.status === 'captured' ? await tellPaid(subscribers, order, endOnce) : await endOnce()
      if (!ended) await apart.end(payment, order, outcome)
    },
  }
}

/** Price and items of an order never change, so they may be read before it is claimed; who is refused has written nothing. */
async function begin(db: Database<ClaimTables>, payment: NewPayment): Promise<Begun> {
  const { user_id, order_id, idempotency_key } = payment
  const found = await selectOrder(db, user_id, order_id)
  if (!found) throw new ShopError('ORDER_NOT_FOUND')
  if (found.row.status === 'placed' && (await isClaimed(db, payment)))
    return { order: toOrder({ ...found.row, status: 'paying' }, found.lines) }
  // It may be this very key that has claimed or paid it.
  const known = await selectPayment(db, user_id, idempotency_key)
  if (known) return { known }
  throw whyNot((await selectOrder(db, user_id, order_id))?.row)
}

async function isClaimed(db: Database<ClaimTables>, payment: NewPayment): Promise<boolean> {
  try {
    return await inTransaction(db, (trx) => claim(trx, payment))
  } catch (error) {
    if (codeOf(error) === 'ER_DUP_ENTRY') return false
    throw error
  }
}

/** The order comes first, so that all payments of one order wait there in turn; on the key they would deadlock. */
async function claim(trx: Transaction<ClaimTables>, payment: NewPayment): Promise<boolean> {
  const payments: Transaction<PaymentsTables> = trx
  const orders: Transaction<OrdersTables> = trx
  if (!(await setPaying(orders, payment.user_id, payment.order_id, payment.id))) return false
  await insertPayment(payments, payment, LEASE_S)
  return true
}
