import { ShopError } from '../platform/http/errors.ts'

/** Longer than the bank's two attempts of 3 s and the statements around them take together, as a rule; `Lease` sees to the exceptions. */
export const LEASE_S = 10

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
