/** To sign and to verify costs more than the rest of a call: one token is good for several calls, and one that was verified is known again. */
import { recentlyUsed } from '../process/recently-used.ts'
import { type Identity, type Signer, TOKEN_LASTS_S, type Verifier } from './identity.ts'

/** A token that is sent again has longer left than any request lasts. */
export const SENT_AGAIN_FOR_MS = 5_000
/** Visitors at a time, or callers with theirs. */
const MOST = 1_000

/** The same token for the same visitor, for a while. */
export function rememberingSigner(sign: Signer): Signer {
  const signed = recentlyUsed<{ token: Promise<string>; at: number }>(MOST)
  return (visitor = {}) => {
    const key = JSON.stringify(visitor)
    const known = signed.get(key)
    const now = Date.now()
    if (known && now >= known.at && now < known.at + SENT_AGAIN_FOR_MS) return known.token
    const token = sign(visitor)
    signed.set(key, { token, at: now })
    token.catch(() => signed.delete(key))
    return token
  }
}

/** What a token says does not change: the very same one is believed again until it is over, and by no means longer than one lasts. */
export function rememberingVerifier(verify: Verifier): Verifier {
  const verified = recentlyUsed<{ identity: Identity; from: number; until: number }>(MOST)
  return async (token, purpose) => {
    const key = `${purpose} ${token}`
    const known = verified.get(key)
    const now = Date.now()
    if (known && now >= known.from && now < known.until) return known.identity
    const identity = Object.freeze(await verify(token, purpose))
    Object.freeze(identity.user)
    verified.set(key, { identity, from: now, until: Math.min(endOf(token), now + 1_000 * TOKEN_LASTS_S) })
    return identity
  }
}

/** Of one whose signature was verified. */
function endOf(token: string): number {
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return 1_000 * exp
}
