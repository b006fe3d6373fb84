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
import { knownPayment } from './claims-apart.ts'
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

/** Price and items of an order never change, so they may be read before it is claimed; who is refused here has written nothing. */
async function begin(db: Database<ClaimTables>, payment: NewPayment): Promise<Begun> {
  const found = await selectOrder(db, payment.user_id, payment.order_id)
  if (!found) throw new ShopError('ORDER_NOT_FOUND')
  if (found.row.status !== 'placed') {
    // It may be this very key that has claimed or paid it.
    const known = await selectPayment(db, payment.user_id, payment.idempotency_key)
    if (known) return { known }
    throw whyNot(found.row)
  }
  try {
    await inTransaction(db, (trx) => claim(trx, payment))
    return { order: toOrder({ ...found.row, status: 'paying' }, found.lines) }
  } catch (error) {
    if (codeOf(error) === 'ER_DUP_ENTRY') return { known: await knownPayment(db, payment) }
    throw error
  }
}

/** Waits while another request with the key is here: its payment is known then, or it was refused and left nothing. */
async function claim(trx: Transaction<ClaimTables>, payment: NewPayment): Promise<void> {
  const { id, user_id, order_id } = payment
  const payments: Transaction<PaymentsTables> = trx
  const orders: Transaction<OrdersTables> = trx
  await insertPayment(payments, payment, LEASE_S)
  if (!(await setPaying(orders, user_id, order_id, id))) throw whyNot((await selectOrder(orders, user_id, order_id))?.row)
}
