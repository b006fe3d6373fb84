import { bucketSchema } from '../../../platform/stores/queries.ts'
import { bucketOf } from '../blast-radius.ts'
import type { Drill, Means, Scale } from '../drill.ts'
import { describeFailures, eventNow, type FaultEvent, failuresOf } from '../fault-events.ts'
import { kill } from '../kills.ts'
import { bringTo, type Direction, finish, leftBehind, type Moving, moverAt, takeBack } from '../moves/bucket-moves.ts'
import { startWriters } from '../moves/bucket-writers.ts'
import { chosenBuckets, fillBuckets } from '../moves/drilled-buckets.ts'
import { whileOwnersWatched } from '../moves/owner-watch.ts'
import type { Stretch } from '../moves/stretches.ts'
import { missingRunner } from '../programs.ts'
import { missingShards, programOfShard, shardsOf } from '../shards.ts'
import type { Sent } from '../traffic/recording.ts'
import { untilWhole } from '../whole.ts'

/** Until the apps have connected anew. */
const SETTLED_MS = 2_000
/** Of all that is begun while one of the servers is away. */
const MOST_MS = 600_000
const WRITES_AROUND = 25
const WHOLE = 'is whole again'

type Fault = {
  readonly direction: Direction
  readonly stretch: Stretch
  readonly end: 'from' | 'to'
  readonly next: 'resume' | 'undo'
}

const FAULTS: readonly Fault[] = [
  { direction: '--to', stretch: 'copy', end: 'to', next: 'resume' },
  { direction: '--to', stretch: 'copy', end: 'from', next: 'undo' },
  { direction: '--to', stretch: 'fence', end: 'from', next: 'resume' },
  { direction: '--to', stretch: 'fence', end: 'to', next: 'undo' },
  { direction: '--back', stretch: 'fence', end: 'from', next: 'resume' },
  { direction: '--back', stretch: 'fence', end: 'to', next: 'resume' },
]
const SMALL = 1

const faultsOf = ({ isSmall }: Scale) => (isSmall ? FAULTS.slice(0, SMALL) : FAULTS)

/** A move needs both of its servers: where one ends in the middle, the bucket is on one of them when it is back. */
export const killMovingServer: Drill = {
  summary:
    'KILL to the server that a bucket leaves or comes to, in the middle of its move; it is resumed or undone, and nothing is lost.',
  missing: (stage) => missingShards(stage) ?? missingRunner(stage),
  limitsMs: { writes: MOST_MS, pages: 0, loggedIn: MOST_MS },
  prepare: (stage, scale) => fillBuckets(stage, scale, 1),
  async inject(stage, events, means) {
    const [one] = await chosenBuckets(stage(), means, 1)
    if (!one) throw new Error('there is no bucket that fits')
    const moving = { stage, one }
    await whileOwnersWatched(stage, means, async () => {
      for (const fault of faultsOf(means)) await killOneEnd(moving, fault, { events, means })
      await bringTo(moving, one.from)
      await finish(moving)
    })
    means.wrong.push(...(await leftBehind(moving)))
  },
  judge: judgeFailures,
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}

async function killOneEnd(
  moving: Moving,
  { direction, stretch, end, next }: Fault,
  { events, means }: { readonly events: FaultEvent[]; readonly means: Means },
): Promise<void> {
  const { stage, one } = moving
  const [begins, goal] = direction === '--to' ? [one.from, one.to] : [one.to, one.from]
  await bringTo(moving, begins)
  // What the way back has kept would not be copied again.
  if (stretch === 'copy') await finish(moving)
  const server = await programOfShard(stage(), one[end])
  const { buckets = [] } = (await shardsOf(stage())).find(({ program }) => program.name === server.name) ?? {}
  const writers = startWriters(means.rush, one)
  try {
    await writers.goOn(WRITES_AROUND)
    const mover = await moverAt(moving, direction, { stretch, begins })
    events.push({
      ...eventNow(`${bucketSchema(one.bucket)} moves ${direction}: ${stretch}`, 'reshard'),
      buckets: [...buckets, one.bucket],
    })
    await kill(server, { stage, events, healWithinMs: means.healWithinMs })
    // Of a group nobody's writes are answered before the other server is up to date again.
    await untilWhole(stage, means.healWithinMs)
    events.push(eventNow(`${server.name} ${WHOLE}`, server.name))
    await mover.ended
    if (next === 'undo') await takeBack(moving)
    await bringTo(moving, next === 'resume' ? goal : begins)
    await writers.goOn(WRITES_AROUND)
  } finally {
    means.wrong.push(...(await writers.stop(stage())))
  }
}

/** Only while one of them is away may customers be refused: its own, and those of the bucket that moves. */
export function judgeFailures(sent: readonly Sent[], events: readonly FaultEvent[]): string[] {
  const windows = events.flatMap(({ what, program, at }, index) => {
    if (!what.startsWith('KILL ')) return []
    const buckets = new Set(events[index - 1]?.buckets)
    const back = events.slice(index).find((later) => later.program === program && later.what.endsWith(WHOLE))
    return [{ buckets, from: at, to: (back?.at ?? Number.POSITIVE_INFINITY) + SETTLED_MS }]
  })
  const failed = failuresOf(sent).filter((one) => {
    const bucket = bucketOf(one) ?? ''
    return !windows.some(({ buckets, from, to }) => buckets.has(bucket) && one.endedAt >= from && one.startedAt <= to)
  })
  if (failed.length === 0) return []
  return [`${failed.length} requests failed whose servers were there`, ...describeFailures(failed, events)]
}
