import { ShopError } from '../platform/http/errors.ts'
import { logLine } from '../platform/process/log.ts'
import { type Repeated, repeated } from '../platform/process/repeated.ts'
import { LEASE_S, startLease } from './lease.ts'
import { ABANDONED, type PaymentRow, selectAbandoned, takeLease } from './queries.ts'
import { type SettlementParts, settle } from './settlement.ts'

const SWEEP_EVERY_MS = 2_000
const PAYMENTS_A_SWEEP = 20

/** What cannot be asked by then is asked in the next sweep. */
const ASK_WITHIN_MS = 2_000

/** Where there is no worker every copy of the app sweeps; the leases keep two from working on the same payment. */
export function makeSweeper(parts: SettlementParts): Repeated {
  return repeated('finishing payments', SWEEP_EVERY_MS, (stopped) => sweep(parts, stopped))
}

/** Finishes what was left unfinished, one payment after the other; stops at the first that the bank does not answer for. */
export async function sweep(parts: SettlementParts, stopped: () => boolean = () => false): Promise<void> {
  const { values, missing } = await parts.store.each(({ writes }) => selectAbandoned(writes, PAYMENTS_A_SWEEP), {
    withinMs: ASK_WITHIN_MS,
    having: ABANDONED,
  })
  for (const payment of values.flat()) {
    if (stopped()) return
    await goOn(parts, payment)
  }
  // The log hears of it.
  const [first] = missing
  if (first) throw first.reason
}

async function goOn(parts: SettlementParts, payment: PaymentRow): Promise<void> {
  const lease = startLease()
  if (!(await takeLease(parts.store.of(payment.user_id).writes, payment.id, LEASE_S))) return
  try {
    await settle(parts, payment, lease)
  } catch (error) {
    // A silent bank will be as silent for the next one. Anything else is this payment's own trouble: it goes to the end of the queue.
    if (error instanceof ShopError && error.code === 'PAYMENT_PENDING') throw error
    logLine(40, `payment ${payment.id} waits for the next sweep: ${error instanceof Error ? error.message : error}`)
  }
}
