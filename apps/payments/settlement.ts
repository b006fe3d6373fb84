/**
 * Settles a payment that has been written down: claim the order, charge the card, mark the order paid or give it back, store the outcome.
 * The bank is outside, so no transaction can span this. Instead each step may be repeated: whoever holds the payment's
 * lease starts from the top, and finds what is done already done. It ends captured and paid, or declined and given back.
 */
import type { Orders } from '../orders/orders.ts'
import { ShopError } from '../platform/http/errors.ts'
import type { Store } from '../platform/mysql/store.ts'
import { type Bank, BankSilent } from './bank.ts'
import type { PaymentsTables } from './queries.ts'
import { deletePayment, endLease, type Outcome, type PaymentRow, storeOutcome } from './queries.ts'

/** Longer than the bank's two attempts of 3 s and the statements around them take together, as a rule; `Lease` sees to the exceptions. */
export const LEASE_S = 10

/** What takes writes is read too: nothing about money comes from a replica. */
export type SettlementParts = { readonly store: Store<PaymentsTables>; readonly orders: Orders; readonly bank: Bank }
export type Started = Pick<PaymentRow, 'id' | 'user_id' | 'order_id' | 'card'>

/** Throws what `claimForPayment` throws, and PAYMENT_PENDING where somebody has to go on later. */
export async function settle(parts: SettlementParts, payment: Started, lease: Lease): Promise<Outcome> {
  const { writes, wrote } = parts.store.of(payment.user_id)
  try {
    return await takeSteps(parts, payment, lease)
  } catch (error) {
    // Where the database is out of reach too, the lease runs out by itself; one that is over may be somebody else's by now.
    if (!lease.isOver()) await endLease(writes, payment.id).catch(() => undefined)
    if (!(error instanceof BankSilent)) throw error
    throw new ShopError('PAYMENT_PENDING', undefined, { retryAfterS: 2, cause: error })
  } finally {
    // Whatever came of it, the order may be another by now, or was found to be.
    await wrote(payment.user_id)
  }
}

async function takeSteps({ store, orders, bank }: SettlementParts, payment: Started, lease: Lease): Promise<Outcome> {
  const { writes } = store.of(payment.user_id)
  lease.check()
  const order = await orders.claimForPayment(payment.user_id, payment.order_id, payment.id).catch(async (error) => {
    // The order is not free, so nothing was done: nothing is remembered under the key either.
    if (isRefusal(error)) await deletePayment(writes, payment.id)
    throw error
  })
  lease.check()
  const amountCents = order.totalCents
  const charge = await bank.charge({ key: payment.id, reference: order.id, amountCents, card: payment.card })
  if (charge.status === 'captured') await orders.markPaid(payment.user_id, order, payment.id)
  else await orders.releasePayment(payment.user_id, order.id, payment.id)
  const chargeId = charge.status === 'captured' ? charge.chargeId : null
  const outcome = { status: charge.status, amount_cents: amountCents, charge_id: chargeId }
  await storeOutcome(writes, payment.id, outcome)
  return outcome
}

const REFUSALS = new Set(['ORDER_NOT_FOUND', 'ALREADY_PAID', 'ALREADY_CANCELLED', 'PAYMENT_IN_PROGRESS'])

function isRefusal(error: unknown): boolean {
  return error instanceof ShopError && REFUSALS.has(error.code)
}

/** The right to work on a payment. A process that was stopped for longer must not go on when it wakes. */
export type Lease = {
  isOver(): boolean
  /** Throws PAYMENT_PENDING when the time is over. */
  check(): void
}

/** To be called before the lease is asked for, so that it never seems longer here than it is in the database. */
export function startLease(): Lease {
  const endsAt = performance.now() + LEASE_S * 1_000
  const isOver = () => performance.now() >= endsAt
  return {
    isOver,
    check() {
      if (isOver()) throw new ShopError('PAYMENT_PENDING', undefined, { retryAfterS: 1 })
    },
  }
}
