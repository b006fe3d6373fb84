/** What is sent for a statement on a bucket: the guard beside it costs no round trip of its own. */
import { type Claim, readGuard, useBucket, writeGuard } from './queries.ts'

export type Packet = {
  readonly text: string
  /** Which of its statements the caller has asked for; undefined where it is the only one. */
  readonly position: number | undefined
  /** Where it fails, a transaction may have begun. */
  readonly begins: boolean
}

export type PacketState = {
  /** A transaction has begun, with its guard. */
  readonly inTransaction: boolean
  /** The connection's schema is the bucket's already. */
  readonly isThere: boolean
}

/**
 * A read is guarded after it: what is read while the server owned the bucket is right, whatever comes then. A write is a transaction,
 * whose guard holds the bucket where it is until the end.
 */
export function packetOf(sql: string, claim: Claim, { inTransaction, isThere }: PacketState): Packet {
  const use = isThere ? [] : [useBucket(claim.bucket)]
  if (inTransaction || SETS.test(sql)) return { text: sql, position: undefined, begins: false }
  if (isRead(sql)) return packed([...use, sql, readGuard(claim)], sql)
  if (beginsTransaction(sql)) return packed([sql, writeGuard(claim), ...use], sql)
  return packed(['begin', writeGuard(claim), ...use, sql, 'commit'], sql)
}

export function beginsTransaction(sql: string): boolean {
  return /^(?:begin|start transaction)\b/i.test(sql)
}

export function endsTransaction(sql: string): boolean {
  return /^(?:commit|rollback)$/i.test(sql)
}

/** Reads, and locks nothing for longer than it runs. */
export function isRead(sql: string): boolean {
  return /^select\b/i.test(sql)
}

/** Of the session, or of the transaction that comes next: of no bucket. */
const SETS = /^set\b/i

function packed(statements: readonly string[], sql: string): Packet {
  const begins = statements.some(beginsTransaction)
  return { text: statements.join('; '), position: statements.indexOf(sql), begins }
}
