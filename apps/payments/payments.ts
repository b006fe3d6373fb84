import type { Orders } from '../orders/orders.ts'
import { ShopError } from '../platform/http/errors.ts'
import { type Answer, assertSameRequest, type IdempotentRequest } from '../platform/http/idempotency.ts'
import type { Database } from '../platform/mysql/database.ts'
import type { Store } from '../platform/mysql/store.ts'
import { codeOf } from '../platform/mysql/transactions.ts'
import { bucketOfUser } from '../platform/process/buckets.ts'
import { newId } from '../platform/process/ids.ts'
import type { Repeated } from '../platform/process/repeated.ts'
import type { Bank } from './bank.ts'
import type { PaymentsTables } from './queries.ts'
import { insertPayment, type NewPayment, type Outcome, type PaymentRow, selectPayment, takeLease } from './queries.ts'
import { LEASE_S, type SettlementParts, settle, startLease } from './settlement.ts'
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

export function makePayments(store: Store<PaymentsTables>, { orders, bank }: { orders: Orders; bank: Bank }): Payments {
  const parts: SettlementParts = { store, orders, bank }
  return { pay: (request, draft) => pay(parts, request, draft), sweeping: makeSweeper(parts) }
}

async function pay(parts: SettlementParts, request: IdempotentRequest, draft: PaymentDraft): Promise<Answer<Payment>> {
  const { userId } = request
  // Nobody can fill our table with payments of orders that are not theirs. A replica may say so: what the order costs,
  // and whether it is still to be paid, is decided on the primary when the order is claimed.
  await parts.orders.find(userId, draft.orderId)
  const lease = startLease()
  const payment = newPayment(request, draft)
  const { writes, wrote } = parts.store.of(userId)
  const known = await writeDown(writes, payment)
  if (!known) return { value: toPayment(payment, await settle(parts, payment, lease)), replayed: false }
  assertSameRequest(known.request_hash, request)
  if (known.status !== 'started') {
    // Whoever settled it may have ended before it noted that.
    await wrote(userId)
    return { value: toPayment(known, outcomeOf(known)), replayed: true }
  }
  if (!(await takeLease(writes, known.id, LEASE_S))) throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1 })
  return { value: toPayment(known, await settle(parts, known, lease)), replayed: false }
}

function newPayment({ userId, key, requestHash }: IdempotentRequest, { orderId, card }: PaymentDraft): NewPayment {
  const about = { order_id: orderId, card, created_at: new Date() }
  return { id: newId('pay', bucketOfUser(userId)), user_id: userId, idempotency_key: key, request_hash: requestHash, ...about }
}

/** The payment that the key belongs to already, or undefined where `payment` is now the one. */
async function writeDown(db: Database<PaymentsTables>, payment: NewPayment): Promise<PaymentRow | undefined> {
  try {
    await insertPayment(db, payment, LEASE_S)
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

function outcomeOf({ id, status, amount_cents, charge_id }: PaymentRow): Outcome {
  if (status === 'started' || amount_cents === null) throw new Error(`payment ${id} has no outcome`)
  return { status, amount_cents, charge_id }
}

function toPayment({ id, order_id, created_at }: NewPayment, { status, amount_cents }: Outcome): Payment {
  return { id, orderId: order_id, status, amountCents: amount_cents, createdAt: created_at.toISOString() }
}
