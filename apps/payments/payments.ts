import { ShopError } from '../platform/http/errors.ts'
import { type Answer, assertSameRequest, type IdempotentRequest } from '../platform/http/idempotency.ts'
import type { Store } from '../platform/mysql/store.ts'
import { bucketOfUser } from '../platform/process/buckets.ts'
import { newId } from '../platform/process/ids.ts'
import type { Repeated } from '../platform/process/repeated.ts'
import type { Bank } from './bank.ts'
import type { Claims } from './claims/claims.ts'
import { LEASE_S, type Lease, startLease } from './lease.ts'
import { type NewPayment, type Outcome, type PaymentRow, type PaymentsTables, takeLease } from './queries.ts'
import { charge, type SettlementParts, settle, watched } from './settlement.ts'
import { makeSweeper } from './sweeper.ts'

type Payment = {
  readonly id: string
  readonly orderId: string
  readonly status: 'captured' | 'declined'
  readonly amountCents: number
  readonly createdAt: string
}
type PaymentDraft = { readonly orderId: string; readonly card: string }

/** Payments of orders by card. */
export interface Payments {
  /**
   * Charges once for each key. A declined card is an answer too, and remembered like one.
   * Throws ORDER_NOT_FOUND, ALREADY_PAID, ALREADY_CANCELLED, PAYMENT_IN_PROGRESS, KEY_REUSED, KEY_IN_USE,
   * or PAYMENT_PENDING where the bank is silent: the same request again, or the sweeper, finishes it.
   */
  pay(request: IdempotentRequest, draft: PaymentDraft): Promise<Answer<Payment>>
  /** Finishes payments that were left unfinished, by a crash or a silent bank. */
  readonly sweeping: Repeated
}

export function makePayments(store: Store<PaymentsTables>, { claims, bank }: { claims: Claims; bank: Bank }): Payments {
  const parts: SettlementParts = { store, claims, bank }
  return { pay: (request, draft) => pay(parts, request, draft), sweeping: makeSweeper(parts) }
}

async function pay(parts: SettlementParts, request: IdempotentRequest, draft: PaymentDraft): Promise<Answer<Payment>> {
  const lease = startLease()
  const payment = newPayment(request, draft)
  return watched(parts, payment, lease, async () => {
    const begun = await parts.claims.begin(payment)
    if ('known' in begun) return repeat(parts, request, begun.known, lease)
    return { value: toPayment(payment, await charge(parts, payment, begun.order, lease)), replayed: false }
  })
}

async function repeat(
  parts: SettlementParts,
  request: IdempotentRequest,
  known: PaymentRow,
  lease: Lease,
): Promise<Answer<Payment>> {
  assertSameRequest(known.request_hash, request)
  const { writes, saw } = parts.store.of(known.user_id)
  if (known.status !== 'started') {
    // Whoever settled it may have ended before it noted that.
    await saw(known.user_id)
    return { value: toPayment(known, outcomeOf(known)), replayed: true }
  }
  if (!(await takeLease(writes, known.id, LEASE_S))) throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1 })
  return { value: toPayment(known, await settle(parts, known, lease)), replayed: false }
}

function newPayment({ userId, key, requestHash }: IdempotentRequest, { orderId, card }: PaymentDraft): NewPayment {
  const about = { order_id: orderId, card, created_at: new Date() }
  return { id: newId('pay', bucketOfUser(userId)), user_id: userId, idempotency_key: key, request_hash: requestHash, ...about }
}

function outcomeOf({ id, status, amount_cents, charge_id }: PaymentRow): Outcome {
  if (status === 'started' || amount_cents === null) throw new Error(`payment ${id} has no outcome`)
  return { status, amount_cents, charge_id }
}

function toPayment({ id, order_id, created_at }: NewPayment, { status, amount_cents }: Outcome): Payment {
  return { id, orderId: order_id, status, amountCents: amount_cents, createdAt: created_at.toISOString() }
}
