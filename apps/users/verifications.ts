import { ShopError } from '../platform/http/errors.ts'
import type { Store } from '../platform/mysql/store.ts'
import type { Mailer } from './mailer.ts'
import type { UsersTables } from './queries.ts'
import { selectUserByEmail, upsertVerified } from './queries.ts'
import { digestOf, newCode, type VerificationCodes } from './verification-codes.ts'

type Verified = { readonly email: string; readonly verifiedAt: string }

/** Proofs that an account's e-mail address is its owner's. The codes are short-lived and may be lost; the proof is kept in MySQL. */
export interface Verifications {
  /** Mails a code; to an address without an account, or that got one a moment ago, nothing. */
  sendCode(email: string): Promise<void>
  /** Throws CODE_WRONG, which says nothing about whether there is an account. */
  verify(email: string, code: string): Promise<Verified>
}

/** `codeKey` is known to all copies of the app, and to no store. */
export type VerificationsParts = { readonly codes: VerificationCodes; readonly mailer: Mailer; readonly codeKey: string }

export function makeVerifications(store: Pick<Store<UsersTables>, 'of'>, parts: VerificationsParts): Verifications {
  const { codes, mailer, codeKey } = parts
  return {
    async sendCode(email) {
      const user = await selectUserByEmail(store.of(email).writes, email)
      if (!user) return
      const code = newCode()
      if (!(await codes.issue(email, digestOf(codeKey, email, code)))) return
      const text = `Your code is ${code}. It is good for ten minutes. If you have not asked for it, do nothing.`
      await mailer.send({ to: user.email, subject: 'Your code', text })
    },
    async verify(email, code) {
      // The code comes first: an address without an account takes as long as a wrong code.
      const right = await codes.redeem(email, digestOf(codeKey, email, code))
      const user = right ? await selectUserByEmail(store.of(email).writes, email) : undefined
      if (!user) throw new ShopError('CODE_WRONG')
      const verifiedAt = new Date()
      await upsertVerified(store.of(user.id).writes, user.id, verifiedAt)
      return { email: user.email, verifiedAt: verifiedAt.toISOString() }
    },
  }
}
