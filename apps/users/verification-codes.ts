import { createHash, createHmac, randomInt } from 'node:crypto'

/**
 * Codes that were mailed, until they are used or over. What comes here is a digest that only the shop can make: six digits behind an
 * ordinary hash are found in a second by who reads the store.
 */
export interface VerificationCodes {
  /** Takes the place of the code before of the account with this address; false, and nothing changed, where that is younger than ISSUE_EVERY_MS. */
  issue(email: string, digest: Buffer): Promise<boolean>
  /** Uses up one attempt, then compares: however many try at once, no more than MOST_ATTEMPTS are compared. True once for each code. */
  redeem(email: string, digest: Buffer): Promise<boolean>
}

export const CODE_LASTS_MS = 10 * 60_000
export const ISSUE_EVERY_MS = 60_000
/** Of a million codes: five guesses find one in 200,000. */
export const MOST_ATTEMPTS = 5

const DIGITS = 6

export function newCode(): string {
  return String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0')
}

/** Addresses are compared without regard to case, as accounts are. */
export function accountOf(email: string): Buffer {
  return createHash('sha256').update(email.toLowerCase()).digest()
}

export function digestOf(key: string, email: string, code: string): Buffer {
  return createHmac('sha256', key).update(accountOf(email)).update(code).digest()
}
