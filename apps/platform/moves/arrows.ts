/** The arrows between the states of a bucket on one server: each is one conditional UPDATE, which is taken or not. */
import { codeOf } from '../mysql/transactions.ts'
import { type Known, lockBucket, selectBucket, updateBucket } from './queries.ts'
import type { Session } from './session.ts'

/** `isOver`: its lease, where it has one, has run out. */
export type Standing = Known & { readonly isOver: boolean }

export async function standingOf(session: Session, bucket: string): Promise<Standing> {
  const [row] = await session.rows<Known & { is_over: number }>(selectBucket({ ...session, bucket }))
  if (!row) throw new Error(`${session.server} takes no part in the buckets`)
  const { state, epoch, server, token } = row
  return { state, epoch: Number(epoch), server, token, isOver: Number(row.is_over) === 1 }
}

/** Answers whether the row was as `from` says, and is now as `to` says. */
export async function arrow(
  session: Session,
  bucket: string,
  { from, to, leaseMs }: { readonly from: Partial<Known>; readonly to: Partial<Known>; readonly leaseMs?: number },
): Promise<boolean> {
  const text = updateBucket({ ...session, bucket }, from, leaseMs)
  return (await session.change(text, [to, ...Object.values(from)])) === 1
}

/** The same, but only where no transaction is writing to the bucket: undefined where one is. */
export async function arrowAtOnce(
  session: Session,
  bucket: string,
  how: Parameters<typeof arrow>[2],
): Promise<boolean | undefined> {
  await session.rows('begin')
  try {
    await session.rows(lockBucket({ ...session, bucket }))
    const taken = await arrow(session, bucket, how)
    await session.rows('commit')
    return taken
  } catch (error) {
    await session.rows('rollback')
    if (BUSY.has(codeOf(error))) return undefined
    throw error
  }
}

const BUSY = new Set(['ER_LOCK_NOWAIT', 'ER_LOCK_WAIT_TIMEOUT'])
