/** The way back: from the switch until a move is finished, its source keeps its rows, and what changes is carried back to it. */

import { bucketNames } from '../process/buckets.ts'
import { bucketSchema } from '../stores/queries.ts'
import { arrow, standingOf } from './arrows.ts'
import { carryNotes } from './follow.ts'
import { heardOf, lookAt, lookOf } from './look.ts'
import { type BucketMove, type Moved, moveBucket } from './move-bucket.ts'
import { stopNoting } from './notes.ts'
import { dropSchema } from './queries.ts'
import { Busy, type Session, withSession, withSessions } from './session.ts'
import { shapesOf } from './shapes.ts'
import { undoMove } from './undo.ts'
import type { BucketOf } from './way.ts'

export type WentBack = Moved | { readonly undone: readonly string[] }

/** Takes a move back: one that has not been switched is undone, one that has goes the other way. */
export async function goBack(move: Omit<BucketMove, 'to'>): Promise<WentBack> {
  const { comesTo, wayBack } = await lookAt(move.servers, move.bucket)
  if (comesTo.length > 0) return { undone: await undoMove(move) }
  if (wayBack === undefined)
    throw new Error(`${bucketSchema(move.bucket)} has no way back: it was not moved, or its move is finished`)
  return moveBucket({ ...move, to: wayBack })
}

/** Drops what the source has kept, and with it the way back. Answers where that was; a call that was cut off is made again. */
export async function finishMove({ servers, bucket, at }: BucketOf & Pick<BucketMove, 'at'>): Promise<string | undefined> {
  const { owner, comesTo, silent, wayBack } = await lookAt(servers, bucket)
  const name = bucketSchema(bucket)
  if (comesTo.length > 0) throw new Error(`${name} is still on its way to ${comesTo.join(', ')}: nothing was changed`)
  for (const [server, { message }] of silent) throw new Error(`${server} does not answer (${message}): nothing was changed`)
  await at?.('dropping')
  for (const { name: other } of servers.filter((one) => one.name !== owner.server)) {
    await withSessions(servers, [owner.server, other], (source, target) => forgetCopy({ bucket, source, target }))
  }
  await withSession(servers, owner.server, (source) => stopNoting(source, bucket))
  return wayBack
}

/** In this order: nobody goes back to what may be dropped. */
async function forgetCopy({ bucket, source, target }: { bucket: string; source: Session; target: Session }): Promise<void> {
  const own = await standingOf(source, bucket)
  const { isOver: _, ...kept } = await standingOf(target, bucket)
  if (own.state !== 'owner') throw new Error(`${source.server} is not the owner of ${bucketSchema(bucket)} any more; try again`)
  const to = { state: 'elsewhere', epoch: own.epoch, server: source.server, token: null } as const
  if (await arrow(target, bucket, { from: kept, to })) await target.rows(dropSchema(bucket))
}

/**
 * Carries what has changed in all buckets that were moved back to where they came from, and passes over where a mover is at work.
 * Answers how many rows it has carried.
 */
export async function carryBack(servers: BucketOf['servers']): Promise<number> {
  const heard = await heardOf(servers)
  const isMoved = [...heard.said.values()].flat().filter(({ state }) => state === 'moved')
  const moved = new Set(isMoved.map(({ bucket }) => bucket))
  let carried = 0
  for (const bucket of bucketNames().filter((one) => moved.has(one))) {
    const { owner, wayBack } = lookOf(heard, bucket)
    if (wayBack === undefined || heard.silent.has(owner.server)) continue
    const ends = [owner.server, wayBack] as const
    carried += await withSessions(servers, ends, (source, target) => carryBetween(bucket, source, target)).catch(ifBusy)
  }
  return carried
}

function ifBusy(error: unknown): number {
  if (error instanceof Busy) return 0
  throw error
}

async function carryBetween(bucket: string, source: Session, target: Session): Promise<number> {
  const own = await standingOf(source, bucket)
  const kept = await standingOf(target, bucket)
  if (own.state !== 'owner' || kept.state !== 'moved' || kept.epoch !== own.epoch) return 0
  const filling = { states: ['moved'], epoch: own.epoch, token: null } as const
  return (await carryNotes({ bucket, source, target, shapes: await shapesOf(source, bucket), filling })).size
}
