import { randomBytes } from 'node:crypto'

/** Crockford's base 32: no I, L, O, U. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'

/** An opaque id such as `ord_…07`: when it was made, some chance, and in its last two digits the bucket of its owner. */
export function newId(prefix: string, bucket: string): string {
  return `${prefix}_${ulid()}${bucket}`
}

/**
 * 26 characters: 48 bits of time in milliseconds, then 80 random bits (the ULID layout).
 * Ids made later sort later, so that new rows go to the end of their index.
 */
export function ulid(now: number = Date.now()): string {
  return encode(BigInt(now), 10) + encode(randomBits(), 16)
}

/** Sorts before all ids of this kind that are made at that moment or later, and after those made before it. */
export function idsFrom(prefix: string, moment: number): string {
  return `${prefix}_${encode(BigInt(moment), 10)}`
}

function randomBits(): bigint {
  return BigInt(`0x${randomBytes(10).toString('hex')}`)
}

function encode(value: bigint, length: number): string {
  let text = ''
  for (let shift = 5n * BigInt(length - 1); shift >= 0n; shift -= 5n) text += DIGITS[Number((value >> shift) & 31n)]
  return text
}
