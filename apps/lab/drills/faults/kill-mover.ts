import { bucketSchema } from '../../../platform/stores/queries.ts'
import type { Drill, Means, Scale } from '../drill.ts'
import { eventNow, type FaultEvent } from '../fault-events.ts'
import { bringTo, type Direction, finish, killAt, leftBehind, type Moving, startMove } from '../moves/bucket-moves.ts'
import { type BucketWriters, startWriters, type Write } from '../moves/bucket-writers.ts'
import { chosenBuckets, fillBuckets } from '../moves/drilled-buckets.ts'
import { whileOwnersWatched } from '../moves/owner-watch.ts'
import { beginOf, type Stretch, stretchAfter } from '../moves/stretches.ts'
import { missingRunner } from '../programs.ts'
import { missingShards } from '../shards.ts'
import { longestMs } from '../waits.ts'

/** In each the mover is ended once in each part of its way. */
const BUCKETS = { full: 3, small: 1 }
/** What is over in a millisecond is not hit at once. */
const MOST_TRIES = 12
const WRITES_AFTER = 25
const MOST_WAIT_MS = 1_500

const THERE: readonly Stretch[] = ['copy', 'follow', 'fence', 'switch']
const BACK: readonly Stretch[] = ['follow', 'fence', 'switch']

const bucketsOf = ({ isSmall }: Scale) => (isSmall ? BUCKETS.small : BUCKETS.full)

/** Whoever moves a bucket may be gone at any moment: the shop goes on unaided, and the next call goes on too, or undoes. */
export const killMover: Drill = {
  summary: 'KILL to whoever moves a bucket, in each part of the way there, back and of the end; no request fails.',
  missing: (stage) => missingShards(stage) ?? missingRunner(stage),
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  prepare: (stage, scale) => fillBuckets(stage, scale, bucketsOf(scale)),
  async inject(stage, events, means) {
    const chosen = await chosenBuckets(stage(), means, bucketsOf(means))
    const killing: Killing = { events, means, writes: [], kills: new Map() }
    await whileOwnersWatched(stage, means, async () => {
      for (const one of chosen) await killThereAndBack({ stage, one }, killing)
    })
    for (const one of chosen) means.wrong.push(...(await leftBehind({ stage, one })))
    const counts = [...killing.kills].map(([part, count]) => `${part} ${count}`)
    means.figures.push(
      `the mover was ended with KILL: ${counts.join(', ')}`,
      `longest write: ${longestMs(killing.writes)} ms (${MOST_WAIT_MS} ms allowed)`,
    )
    means.wrong.push(...judgeWaits(killing.writes))
  },
  unprotected: [{ set: ['moves=unleased'], finds: 'failed' }],
}

export function judgeWaits(writes: readonly Write[]): string[] {
  const waitMs = longestMs(writes)
  if (waitMs <= MOST_WAIT_MS) return []
  return [`a write waited ${waitMs} ms for a bucket whose mover was gone, and at most ${MOST_WAIT_MS} ms are allowed`]
}

type Killing = {
  readonly events: FaultEvent[]
  readonly means: Means
  readonly writes: Write[]
  /** How often, by the part of the way. */
  readonly kills: Map<string, number>
}

async function killThereAndBack(moving: Moving, killing: Killing): Promise<void> {
  const { stage, one } = moving
  const writers = startWriters(killing.means.rush, one)
  try {
    await writers.goOn(WRITES_AFTER)
    for (const stretch of THERE) {
      await killIn(stretch, { ...moving, direction: '--to', begins: one.from }, { ...killing, writers })
    }
    for (const stretch of BACK) {
      await killIn(stretch, { ...moving, direction: '--back', begins: one.to }, { ...killing, writers })
    }
    await bringTo(moving, one.from)
    await killIn('drop', { ...moving, direction: '--finish', begins: one.from }, { ...killing, writers })
    await finish(moving)
    await writers.goOn(WRITES_AFTER)
  } finally {
    killing.means.wrong.push(...(await writers.stop(stage())))
    killing.writes.push(...writers.writes)
  }
}

type Way = Moving & { readonly direction: Direction; readonly begins: string }

/** As often as it takes until the mover was there when it was ended. */
async function killIn(stretch: Stretch, way: Way, killing: Killing & { readonly writers: BucketWriters }): Promise<void> {
  const { events, means, kills, writers } = killing
  const { says, lastsMs } = beginOf(stretch)
  const name = `${way.direction} ${stretch}`
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    await bringTo(way, way.begins)
    const line = await killAt(startMove(way, way.direction), says, means.draw() * lastsMs)
    const found = line === undefined ? undefined : stretchAfter(line)
    if (found !== undefined)
      events.push(eventNow(`KILL to the mover of ${bucketSchema(way.one.bucket)} (${name}): ${line}`, 'reshard'))
    // Unaided.
    await writers.goOn(WRITES_AFTER)
    if (found === stretch) return void kills.set(name, (kills.get(name) ?? 0) + 1)
  }
  means.wrong.push(`the mover of ${bucketSchema(way.one.bucket)} was never met in ${name}`)
}
