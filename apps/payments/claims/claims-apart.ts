/** One step after the other, each of which may be repeated: where orders and payments need not be in one store. */
import type { Order } from '../../orders/order.ts'
import type { PayableOrders } from '../../orders/orders.ts'
import { ShopError } from '../../platform/http/errors.ts'
import type { Database } from '../../platform/mysql/database.ts'
import type { Store } from '../../platform/mysql/store.ts'
import { codeOf, withRetries } from '../../platform/mysql/transactions.ts'
import { LEASE_S } from '../lease.ts'
import {
  deletePayment,
  insertPayment,
  type NewPayment,
  type PaymentRow,
  type PaymentsTables,
  type Started,
  selectPayment,
  storeOutcome,
} from '../queries.ts'
import type { Claims } from './claims.ts'

export function claimsApart(store: Store<PaymentsTables>, orders: PayableOrders): Claims {
  const writesOf = (userId: string) => store.of(userId).writes
  const claim = (payment: Started) => claimOrder(writesOf(payment.user_id), orders, payment)
  return {
    async begin(payment) {
      // Nobody can fill our table with payments of orders that are not theirs. A replica may say so: what the order costs,
      // and whether it is still to be paid, is decided on the primary when the order is claimed.
      await orders.find(payment.user_id, payment.order_id)
      const known = await writeDown(writesOf(payment.user_id), payment)
      return known ? { known } : { order: await claim(payment) }
    },
    resume: claim,
    async end({ id, user_id }, order, outcome) {
      if (outcome.status === 'captured') await orders.markPaid(user_id, order, id)
      else await orders.releasePayment(user_id, order.id, id)
      await storeOutcome(writesOf(user_id), id, outcome)
    },
  }
}

async function claimOrder(
  db: Database<PaymentsTables>,
  orders: PayableOrders,
  { id, user_id, order_id }: Started,
): Promise<Order> {
  return orders.claimForPayment(user_id, order_id, id).catch(async (error) => {
    // The order is not free, so nothing was done: nothing is remembered under the key either.
    if (isRefusal(error)) await deletePayment(db, id)
    throw error
  })
}

const REFUSALS = new Set(['ORDER_NOT_FOUND', 'ALREADY_PAID', 'ALREADY_CANCELLED', 'PAYMENT_IN_PROGRESS'])

function isRefusal(error: unknown): boolean {
  return error instanceof ShopError && REFUSALS.has(error.code)
}

/** The payment that the key belongs to already, or undefined where `payment` is now the one. */
async function writeDown(db: Database<PaymentsTables>, payment: NewPayment): Promise<PaymentRow | undefined> {
  try {
    // Requests with one key may deadlock when the first is refused and takes its row away.
    await withRetries(() => insertPayment(db, payment, LEASE_S))
    return undefined
  } catch (error) {
    if (codeOf(error) !== 'ER_DUP_ENTRY') throw error
    // Read where it was written: a replica need not know the key yet.
    const known = await selectPayment(db, payment.user_id, payment.idempotency_key)
    // Refused and forgotten between the two statements.
    if (!known) throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1 })
    return known
  }
}
