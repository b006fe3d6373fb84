import type { Databases } from '../platform/mysql/database.ts'
import { withRetries } from '../platform/mysql/transactions.ts'
import type { UsersTables } from './queries.ts'
import { deleteExpiredCodes, guessCode, insertCode, replaceCode } from './queries.ts'
import type { VerificationCodes } from './verification-codes.ts'

/** Each new code, and each guess, sweeps out a few that are over. */
const SWEPT_AT_ONCE = 10

export function databaseVerificationCodes({ writes }: Pick<Databases<UsersTables>, 'writes'>): VerificationCodes {
  // Two sweeps may deadlock; the next one sweeps again, so nobody need fail for it.
  const sweep = () => deleteExpiredCodes(writes, SWEPT_AT_ONCE).catch(() => undefined)
  return {
    async issue(account, digest) {
      const issued = (await replaceCode(writes, account, digest)) || (await insertCode(writes, account, digest))
      if (issued) await sweep()
      return issued
    },
    async redeem(account, digest) {
      const right = await withRetries(() => guessCode(writes, account, digest))
      await sweep()
      return right
    },
  }
}
