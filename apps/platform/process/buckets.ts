/**
 * Which of the logical buckets a customer's rows are in. It follows from the e-mail address at registration and is carried in every id
 * from then on, so that nobody has to look it up. Where all buckets are in one place nobody asks; the ids are the same everywhere.
 */
import { createHash } from 'node:crypto'
import { BUCKETS } from '../../../infra/stage/topology.ts'

/** Two digits, `00` to `63`. The case of an address tells nobody apart, so it does not count. */
export function bucketOfEmail(email: string): string {
  const hash = createHash('sha256').update(email.toLowerCase()).digest()
  return twoDigits(hash.readUInt32BE() % BUCKETS)
}

/** From an id that `newId` made, of a user or of what belongs to one. Undefined for what has no bucket that exists. */
export function bucketOfId(id: string): string | undefined {
  const bucket = /\d\d$/.exec(id)?.[0]
  return bucket !== undefined && Number(bucket) < BUCKETS ? bucket : undefined
}

/** Of who is known to exist. Throws for any other id: it was not made by us. */
export function bucketOfUser(userId: string): string {
  const bucket = bucketOfId(userId)
  if (bucket === undefined) throw new Error(`the id ${userId} carries no bucket`)
  return bucket
}

/** All of them, `00` first. */
export function bucketNames(): string[] {
  return Array.from({ length: BUCKETS }, (_, number) => twoDigits(number))
}

/** A bucket of a number, as ids spell it; undefined where there is no such bucket. */
export function bucketNamed(number: number): string | undefined {
  return number < BUCKETS ? twoDigits(number) : undefined
}

function twoDigits(bucket: number): string {
  return String(bucket).padStart(2, '0')
}
