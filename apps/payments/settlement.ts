/**
 * Settles a payment whose order is claimed: charge the card, mark the order paid or give it back, store the outcome.
 * The bank is outside, so no transaction can span this. Instead each step may be repeated: whoever holds the payment's
 * lease starts from the top, and finds what is done already done. It ends captured and paid, or declined and given back.
 */
import type { Order } from '../orders/order.ts'
import { thoughGone } from '../platform/http/deadline.ts'
import { ERRORS, ShopError } from '../platform/http/errors.ts'
import type { Store } from '../platform/mysql/store.ts'
import { type Bank, BankSilent } from './bank.ts'
import type { Claims } from './claims/claims.ts'
import type { Lease } from './lease.ts'
import { endLease, type Outcome, type PaymentsTables, type Started } from './queries.ts'

/** What takes writes is read too: nothing about money comes from a replica. */
export type SettlementParts = { readonly store: Store<PaymentsTables>; readonly claims: Claims; readonly bank: Bank }

/** From the claim on, for a payment that was left unfinished. Throws what `resume` throws, and PAYMENT_PENDING where somebody has to go on later. */
export function settle(parts: SettlementParts, payment: Started, lease: Lease): Promise<Outcome> {
  return watched(parts, payment, lease, async () => {
    lease.check()
    return charge(parts, payment, await parts.claims.resume(payment), lease)
  })
}

/** Whatever comes of the work on a payment: another may go on with it at once, and its owner sees what it did. */
export async function watched<Value>(
  { store }: Pick<SettlementParts, 'store'>,
  { id, user_id }: Pick<Started, 'id' | 'user_id'>,
  lease: Lease,
  work: () => Promise<Value>,
): Promise<Value> {
  const { writes, wrote, saw } = store.of(user_id)
  try {
    const value = await work()
    await wrote(user_id)
    return value
  } catch (error) {
    // Where the database is out of reach too, the lease runs out by itself; one that is over may be somebody else's by now.
    if (!lease.isOver() && !wasRefused(error)) await thoughGone(() => endLease(writes, id)).catch(() => undefined)
    // The order may be another by now, or was found to be.
    await saw(user_id)
    if (!(error instanceof BankSilent)) throw error
    throw new ShopError('PAYMENT_PENDING', undefined, { retryAfterS: 2, cause: error })
  }
}

/** Then there is no payment of which anybody could have the lease. */
function wasRefused(error: unknown): boolean {
  return error instanceof ShopError && ERRORS[error.code].status < 500
}

/** Of an order that the payment has claimed. */
export async function charge({ claims, bank }: SettlementParts, payment: Started, order: Order, lease: Lease): Promise<Outcome> {
  lease.check()
  const amountCents = order.totalCents
  const charged = await bank.charge({ key: payment.id, reference: order.id, amountCents, card: payment.card })
  const chargeId = charged.status === 'captured' ? charged.chargeId : null
  const outcome = { status: charged.status, amount_cents: amountCents, charge_id: chargeId }
  // The card is charged: its owner may have gone meanwhile.
  await thoughGone(() => claims.end(payment, order, outcome))
  return outcome
}
