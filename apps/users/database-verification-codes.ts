import type { Databases } from '../platform/mysql/database.ts'
import type { UsersTables } from './queries.ts'
import { deleteExpiredCodes, insertCode, replaceCode, takeAttempt, useCode } from './queries.ts'
import type { VerificationCodes } from './verification-codes.ts'

/** Each new code sweeps out a few that are over. */
const SWEPT_A_CODE = 10

export function databaseVerificationCodes({ writes }: Pick<Databases<UsersTables>, 'writes'>): VerificationCodes {
  return {
    async issue(account, digest) {
      const issued = (await replaceCode(writes, account, digest)) || (await insertCode(writes, account, digest))
      if (issued) await deleteExpiredCodes(writes, SWEPT_A_CODE).catch(() => undefined)
      return issued
    },
    redeem: async (account, digest) => (await takeAttempt(writes, account)) && (await useCode(writes, account, digest)),
  }
}
