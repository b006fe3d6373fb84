import { createHash, randomBytes } from 'node:crypto'
import { bucketNamed, bucketOfUser } from '../platform/process/buckets.ts'
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

/** The cookie's value: the bucket of whose it is, and 256 random bits. */
export function newToken(userId: string): string {
  return bucketOfUser(userId) + randomBytes(32).toString('base64url')
}

/** Whether it looks like one of ours: nothing is asked about any other. */
export function isToken(text: string): boolean {
  return /^\d\d/.test(text) && bucketNamed(Number(text.slice(0, 2))) !== undefined
}

/**
 * SHA-256 of the token, whose first byte gives way to the number of the bucket: who has only the hash knows where the session's rows
 * are, and 248 bits of it are as hard to guess as 256.
 */
export function hashToken(token: string): Buffer {
  const hash = createHash('sha256').update(token).digest()
  hash[0] = Number(token.slice(0, 2))
  return hash
}

/** Whose the session is, as far as its hash tells. */
export function ownerOf(tokenHash: Buffer): string {
  const bucket = bucketNamed(tokenHash.readUInt8())
  if (bucket === undefined) throw new Error('the hash of a session begins with no bucket')
  return bucket
}
