import { createHash, randomBytes } from 'node:crypto'
import type { User } from './schemas.ts'

/** Where sessions are kept. Only hashes of tokens come here. */
export interface Sessions {
  create(tokenHash: Buffer, user: User): Promise<void>
  /** The user, or undefined where the session is unknown or over; a use prolongs it. */
  find(tokenHash: Buffer): Promise<User | undefined>
  end(tokenHash: Buffer): Promise<void>
  endAll(userId: string): Promise<void>
}

/** A session ends after this long without a request … */
export const IDLE_MS = 30 * 60_000
/** … and after this long whatever happens. */
export const LIFETIME_MS = 12 * 60 * 60_000
/** A session in use is prolonged at most this often: one write a minute, not one a request. */
export const PROLONG_EVERY_MS = 60_000

/** 256 random bits; the cookie's value. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
