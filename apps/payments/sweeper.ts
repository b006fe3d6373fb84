import { ShopError } from '../platform/http/errors.ts'
import { type PaymentRow, selectAbandoned, takeLease } from './queries.ts'
import { LEASE_S, type SettlementParts, settle, startLease } from './settlement.ts'

const SWEEP_EVERY_MS = 2_000
const PAYMENTS_A_SWEEP = 20

export type Sweeper = { start(): void; stop(): Promise<void> }

/** Where there is no worker every copy of the app sweeps; the leases keep two from working on the same payment. */
export function makeSweeper(parts: SettlementParts): Sweeper {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let sweeping: Promise<void> | undefined
  const sweepOnce = () => {
    sweeping ??= sweep(parts, () => stopped)
      .catch(report)
      .finally(() => (sweeping = undefined))
  }
  return {
    start() {
      stopped = false
      timer ??= setInterval(sweepOnce, SWEEP_EVERY_MS).unref()
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      timer = undefined
      await sweeping
    },
  }
}

/** Finishes what was left unfinished, one payment after the other; stops at the first that the bank does not answer for. */
export async function sweep(parts: SettlementParts, stopped: () => boolean = () => false): Promise<void> {
  for (const payment of await selectAbandoned(parts.db, PAYMENTS_A_SWEEP)) {
    if (stopped()) return
    await goOn(parts, payment)
  }
}

async function goOn(parts: SettlementParts, payment: PaymentRow): Promise<void> {
  const lease = startLease()
  if (!(await takeLease(parts.db, payment.id, LEASE_S))) return
  try {
    await settle(parts, payment, lease)
  } catch (error) {
    // A silent bank will be as silent for the next one. Anything else is this payment's own trouble: it goes to the end of the queue.
    if (error instanceof ShopError && error.code === 'PAYMENT_PENDING') throw error
    report(error)
  }
}

/** A line of the app's log; nobody waits for an answer who could be told. */
function report(error: unknown): void {
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  console.log(JSON.stringify({ level: 40, time: Date.now(), msg: `payments wait for the next sweep: ${why}` }))
}
