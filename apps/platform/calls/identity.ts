/**
 * What one of the shop's processes says to another about itself and about the visitor that it asks for: a token that is signed for one
 * service alone, and soon over. Each arrow of the stage's page has a secret of its own, known to its two ends: who has no arrow to a service
 * has no key to it, and what a service may sign opens nothing but what it may call. The keys that sign are made of the secret and the time,
 * so that they change while everything runs and nobody has to hand them out.
 */
import { webcrypto } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { recentlyUsed } from '../process/recently-used.ts'

/** A visit is a request that is passed on for somebody outside; a call is a question of one process to another. */
export type Purpose = 'visits' | 'calls'

export type Visitor = {
  /** Who is logged in, as the sessions have it: absent where no cookie came, null where it opens no session. */
  readonly user?: unknown
  /** Set where nobody could say now who it is. */
  readonly unknown?: true
  /** The client's, as our own edge saw it. */
  readonly address?: string
}
export type Identity = Visitor & { readonly caller: string }

/** Longer than any request lasts. */
export const TOKEN_LASTS_S = 20
/** Clocks may differ by so much. */
const TOLERANCE_S = 5
/** After this a new key signs; the one before is taken for a while still, as is the one to come, which a faster clock has already. */
const KEY_LASTS_S = 600
const ALGORITHM = 'HS256'

export type Signer = (visitor?: Visitor) => Promise<string>

type Arrow = { readonly from: string; readonly to: string; readonly secret: string; readonly purpose: Purpose }

export function signer({ from, to, secret, purpose }: Arrow): Signer {
  const keys = keysOf(secret)
  return async (visitor = {}) => {
    const period = periodAt(Date.now())
    return new SignJWT({ ...visitor })
      .setProtectedHeader({ alg: ALGORITHM, kid: `${from}.${period}` })
      .setIssuer(from)
      .setAudience(audienceOf(to, purpose))
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_LASTS_S}s`)
      .sign(await keys(period))
  }
}

/** Throws what is wrong with the token. */
export type Verifier = (token: string, purpose: Purpose) => Promise<Identity>

/** `secrets`: of those who may call, by their names. */
export function verifier(service: string, secrets: ReadonlyMap<string, string>): Verifier {
  const keys = new Map([...secrets].map(([caller, secret]) => [caller, keysOf(secret)]))
  const issuer = [...secrets.keys()]
  const common = { algorithms: [ALGORITHM], issuer, requiredClaims: ['exp', 'iat'], clockTolerance: TOLERANCE_S }
  return async (token, purpose) => {
    const keyOf = ({ kid }: { kid?: string }) => keyNamed(keys, kid)
    const about = { ...common, audience: audienceOf(service, purpose), maxTokenAge: TOKEN_LASTS_S }
    const { payload, protectedHeader } = await jwtVerify(token, keyOf, about)
    const { iss, user, unknown, address } = payload as { iss: string } & Visitor
    if (callerIn(protectedHeader.kid) !== iss) throw new Error('it is signed with the key of another caller')
    return { caller: iss, ...(user !== undefined && { user }), ...(unknown && { unknown }), ...(address && { address }) }
  }
}

function audienceOf(service: string, purpose: Purpose): string {
  return `${service} ${purpose}`
}

type Keys = (period: number) => Promise<webcrypto.CryptoKey>

async function keyNamed(keys: ReadonlyMap<string, Keys>, kid = ''): Promise<webcrypto.CryptoKey> {
  const of = keys.get(callerIn(kid))
  const period = Number(/\.(\d{1,9})$/.exec(kid)?.[1] ?? Number.NaN)
  const now = Date.now()
  const isOfNow = period >= periodAt(now - graceMs) && period <= periodAt(now + graceMs)
  if (!of || !isOfNow) throw new Error('nobody here knows its key')
  return of(period)
}

const graceMs = (TOKEN_LASTS_S + TOLERANCE_S) * 1_000

function callerIn(kid = ''): string {
  return kid.slice(0, Math.max(0, kid.lastIndexOf('.')))
}

function periodAt(ms: number): number {
  return Math.floor(ms / 1_000 / KEY_LASTS_S)
}

/** The one of now, and those beside it. */
const MOST_KEYS = 3

function keysOf(secret: string): Keys {
  const known = recentlyUsed<Promise<webcrypto.CryptoKey>>(MOST_KEYS)
  return (period) => {
    const key = known.get(String(period)) ?? keyOf(secret, period)
    known.set(String(period), key)
    return key
  }
}

const HMAC = { name: 'HMAC', hash: 'SHA-256' }
const text = new TextEncoder()

async function keyOf(secret: string, period: number): Promise<webcrypto.CryptoKey> {
  const { subtle } = webcrypto
  const root = await subtle.importKey('raw', text.encode(secret), HMAC, false, ['sign'])
  const bytes = await subtle.sign(HMAC, root, text.encode(`period ${period}`))
  return subtle.importKey('raw', bytes, HMAC, false, ['sign', 'verify'])
}
