/** Customers of one bucket who write to it all the time, and know what must be there when they stop. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import { until } from '../../../../infra/process/until.ts'
import { productId } from '../../../../loadtests/popularity.ts'
import { storeWithBuckets } from '../../runner/shards.ts'
import { ownersInStage } from '../../runner/stage-buckets.ts'
import type { Means } from '../drill.ts'
import { onShard } from '../shards.ts'
import { type Crowd, logIn } from '../traffic/crowd.ts'
import type { Journey } from '../traffic/journeys.ts'
import { newOrder, placeOrder } from '../traffic/purchases.ts'
import type { Session } from '../traffic/shop-client.ts'
import type { DrilledBucket } from './drilled-buckets.ts'
import { selectPieces } from './queries.ts'

/** One change of a cart, from when it was first sent until it was acknowledged. */
export type Write = { readonly startedAt: number; readonly endedAt: number }

export type BucketWriters = {
  readonly writes: readonly Write[]
  /** Until so many more were acknowledged. Throws where that takes too long. */
  goOn(writes: number): Promise<void>
  /** Answers what is not stored as it was acknowledged last. */
  stop(stage: StageState): Promise<string[]>
}

const WRITE_EVERY_MS = 20
const PRODUCTS = 15
const FIRST_PRODUCT = 200
const MOST_PIECES = 9
/** An account may place 100 orders a minute. */
const ORDER_EVERY_MS = 1_500
const AGAIN_AFTER_MS = 50
const GO_ON_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 5

type Writing = { readonly pieces: Map<string, number>; readonly writes: Write[]; isOver: boolean }

export function startWriters(rush: Means['rush'], { bucket, people }: DrilledBucket): BucketWriters {
  const writing: Writing = { pieces: new Map(), writes: [], isOver: false }
  const working: Promise<void>[] = []
  const journey: Journey = (crowd, index) => {
    const work = write(crowd, people[index]?.email ?? '', writing)
    working.push(work)
    return work
  }
  rush(journey, people.length)
  const goOn = async (writes: number) => {
    const enough = writing.writes.length + writes
    const isEnough = () => writing.writes.length >= enough
    await until(isEnough, {
      withinMs: GO_ON_WITHIN_MS,
      everyMs: LOOK_EVERY_MS,
      complaint: `bucket ${bucket} did not take ${writes} writes`,
    })
  }
  const stop = async (stage: StageState) => {
    writing.isOver = true
    await Promise.all(working)
    return missingPieces(stage, bucket, { pieces: writing.pieces, userIds: people.map(({ id }) => id) })
  }
  return { writes: writing.writes, goOn, stop }
}

/** Something else into the cart each time, and now and then an order. */
async function write(crowd: Crowd, email: string, writing: Writing): Promise<void> {
  let session = await logIn(crowd.client, email)
  while (!session && !writing.isOver) session = await sleep(AGAIN_AFTER_MS).then(() => logIn(crowd.client, email))
  let orderedAt = performance.now()
  for (let turn = 0; session && !writing.isOver; turn += 1) {
    await put(crowd, session, { turn, writing })
    if (performance.now() - orderedAt > ORDER_EVERY_MS) {
      orderedAt = performance.now()
      await placeOrder(crowd, newOrder(session, product(turn)))
    }
    await sleep(WRITE_EVERY_MS)
  }
}

function product(turn: number): string {
  return productId(FIRST_PRODUCT + (turn % PRODUCTS))
}

/** Again until it is acknowledged: then it counts, whichever of them had the effect. */
async function put(crowd: Crowd, session: Session, { turn, writing }: { turn: number; writing: Writing }): Promise<void> {
  const productId = product(turn)
  const quantity = turn % (MOST_PIECES + 1)
  const item = `${session.userId} ${productId}`
  const call = { operation: 'cart', method: 'PUT', path: `/cart/items/${productId}`, expect: 200, body: { quantity } } as const
  const startedAt = performance.now()
  for (;;) {
    const { status, endedAt } = await crowd.client.sendAs(session, call)
    writing.pieces.delete(item)
    if (status === 200) {
      writing.pieces.set(item, quantity)
      writing.writes.push({ startedAt, endedAt })
      return
    }
    if (writing.isOver) return
    await sleep(AGAIN_AFTER_MS)
  }
}

type Expected = { readonly pieces: ReadonlyMap<string, number>; readonly userIds: readonly string[] }

async function missingPieces(stage: StageState, bucket: string, { pieces, userIds }: Expected): Promise<string[]> {
  const { owners } = await ownersInStage(stage, storeWithBuckets(stage))
  const owner = owners.get(bucket)
  if (!owner) return [`nobody is known to have bucket ${bucket}`]
  const stored = await onShard(stage, owner.server, (connection) => selectPieces(connection, bucket, userIds))
  return [...pieces].flatMap(([item, acknowledged]) => {
    const there = stored.get(item) ?? 0
    return there === acknowledged
      ? []
      : [`acknowledged write missing: ${item}: ${acknowledged} were acknowledged, ${there} are stored on ${owner.server}`]
  })
}
