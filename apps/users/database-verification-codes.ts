import type { Database } from '../platform/mysql/database.ts'
import type { Store } from '../platform/mysql/store.ts'
import { withRetries } from '../platform/mysql/transactions.ts'
import type { UsersTables } from './queries.ts'
import { deleteExpiredCodes, guessCode, insertCode, replaceCode } from './queries.ts'
import { accountOf, type VerificationCodes } from './verification-codes.ts'

/** Each new code, and each guess, sweeps out a few that are over. */
const SWEPT_AT_ONCE = 10

export function databaseVerificationCodes(store: Pick<Store<UsersTables>, 'of'>): VerificationCodes {
  return {
    async issue(email, digest) {
      const { writes } = store.of(email)
      const account = accountOf(email)
      const issued = (await replaceCode(writes, account, digest)) || (await insertCode(writes, account, digest))
      if (issued) await sweep(writes)
      return issued
    },
    async redeem(email, digest) {
      const { writes } = store.of(email)
      const right = await withRetries(() => guessCode(writes, accountOf(email), digest))
      await sweep(writes)
      return right
    },
  }
}

/** Two sweeps may deadlock; the next one sweeps again, so nobody need fail for it. */
async function sweep(db: Database<UsersTables>): Promise<void> {
  await deleteExpiredCodes(db, SWEPT_AT_ONCE).catch(() => undefined)
}
