/** Moves of one bucket by the real command line, there and back, until nothing of them is left. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import { until } from '../../../../infra/process/until.ts'
import { bucketSchema } from '../../../platform/stores/queries.ts'
import { storeWithBuckets } from '../../runner/shards.ts'
import { ownersInStage } from '../../runner/stage-buckets.ts'
import { namesOfShards, onShard } from '../shards.ts'
import type { DrilledBucket } from './drilled-buckets.ts'
import { type Mover, startMover } from './mover.ts'
import { isSchemaThere } from './queries.ts'
import { beginOf, type Stretch } from './stretches.ts'

const DONE_WITHIN_MS = 60_000
const AGAIN_AFTER_MS = 300
const MOST_TRIES = 5
const NOTHING_TO_UNDO = 'has no way back'

export type Moving = { readonly stage: () => StageState; readonly one: DrilledBucket }

export type Direction = '--to' | '--back' | '--finish'

export function startMove({ stage, one }: Moving, direction: Direction, to = one.to): Mover {
  const args = [String(stage().stage), '--bucket', one.bucket, direction]
  return startMover(direction === '--to' ? [...args, to] : args)
}

/** Once. Throws where it is refused or fails. */
export async function move(moving: Moving, direction: Direction): Promise<Mover> {
  const mover = startMove(moving, direction)
  const { status, error } = await mover.ended
  if (status !== 0) throw new Error(`the move of ${bucketSchema(moving.one.bucket)} failed: ${lastLine(error)}`)
  return mover
}

/** Until the bucket is there, by as many calls as it takes: a call that was cut off before is gone on with. */
export async function bringTo(moving: Moving, server: string): Promise<void> {
  const attempt = async () => {
    if ((await ownerOf(moving)) === server) return true
    const { status, error } = await startMove(moving, '--to', server).ended
    return status === 0 || new Error(lastLine(error))
  }
  const complaint = `${bucketSchema(moving.one.bucket)} did not come to ${server}`
  await until(attempt, { withinMs: DONE_WITHIN_MS, everyMs: AGAIN_AFTER_MS, complaint })
}

type Point = { readonly stretch: Stretch; readonly begins: string }

/** One that has come there. One that is refused, as another is at work on the server, is started again; throws what it said last. */
export async function moverAt(moving: Moving, direction: Direction, { stretch, begins }: Point): Promise<Mover> {
  let said = ''
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const mover = startMove(moving, direction)
    if (await mover.saying(beginOf(stretch).says)) return mover
    said = lastLine((await mover.ended).error)
    await bringTo(moving, begins)
  }
  throw new Error(`the mover of ${bucketSchema(moving.one.bucket)} never came to ${stretch}: ${said}`)
}

/** Whatever a call that was cut off has left of its move, or done of it, is undone. */
export async function takeBack(moving: Moving): Promise<void> {
  const attempt = async () => {
    const { status, error } = await startMove(moving, '--back').ended
    return status === 0 || error.includes(NOTHING_TO_UNDO) || new Error(lastLine(error))
  }
  const complaint = `the move of ${bucketSchema(moving.one.bucket)} was not taken back`
  await until(attempt, { withinMs: DONE_WITHIN_MS, everyMs: AGAIN_AFTER_MS, complaint })
}

/** And leaves nothing anywhere else. */
export async function finish(moving: Moving): Promise<void> {
  const attempt = async () => {
    const { status, error } = await startMove(moving, '--finish').ended
    return status === 0 || new Error(lastLine(error))
  }
  const complaint = `the move of ${bucketSchema(moving.one.bucket)} was not finished`
  await until(attempt, { withinMs: DONE_WITHIN_MS, everyMs: AGAIN_AFTER_MS, complaint })
}

/** What is not as it was before the first move. */
export async function leftBehind({ stage, one }: Moving): Promise<string[]> {
  const { bucket, from } = one
  const owner = await ownerOf({ stage, one })
  const left = owner === from ? [] : [`${bucketSchema(bucket)} is on ${owner} and not where it was: ${from}`]
  for (const server of namesOfShards(stage()).filter((name) => name !== owner)) {
    const isThere = await onShard(stage(), server, (connection) => isSchemaThere(connection, bucket))
    if (isThere) left.push(`rows doubled: ${bucketSchema(bucket)} is on ${server} too, though its move is finished`)
  }
  return left
}

export async function ownerOf({ stage, one }: Moving): Promise<string | undefined> {
  const { owners } = await ownersInStage(stage(), storeWithBuckets(stage()))
  return owners.get(one.bucket)?.server
}

/** Ended with KILL within so long after it says this. Answers its last line; undefined where it ended by itself before. */
export async function killAt(mover: Mover, says: string, afterMs: number): Promise<string | undefined> {
  if (!(await mover.saying(says))) return undefined
  if (afterMs > 0) await sleep(afterMs)
  return mover.kill()
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
