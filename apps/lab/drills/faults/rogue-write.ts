import { setTimeout as sleep } from 'node:timers/promises'
import { bucketSchema } from '../../../platform/stores/queries.ts'
import { REACHED } from '../../reshard/progress-line.ts'
import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { bringTo, finish, leftBehind, move, ownerOf, startMove } from '../moves/bucket-moves.ts'
import { startWriters } from '../moves/bucket-writers.ts'
import { chosenBuckets, fillBuckets } from '../moves/drilled-buckets.ts'
import { whileOwnersWatched } from '../moves/owner-watch.ts'
import { deleteRogue, insertRogue, ROGUE } from '../moves/queries.ts'
import { missingShards, onShard } from '../shards.ts'

const WRITES_AROUND = 25
const PAUSE_MS = 500

/** Somebody writes past the shop to where a bucket is about to be. */
export const rogueWrite: Drill = {
  summary: 'one row is written to the target of a move by somebody else; it is found, and the bucket stays where it is.',
  missing: missingShards,
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  prepare: (stage, scale) => fillBuckets(stage, scale, 1),
  async inject(stage, events, means) {
    const [one] = await chosenBuckets(stage(), means, 1)
    if (!one) throw new Error('there is no bucket that fits')
    const [moving, name] = [{ stage, one }, bucketSchema(one.bucket)]
    const writers = startWriters(means.rush, one)
    try {
      await writers.goOn(WRITES_AROUND)
      await whileOwnersWatched(stage, means, async () => {
        const mover = startMove(moving, '--to')
        if (!(await mover.saying(REACHED.begun))) throw new Error(`the move of ${name} did not begin`)
        await onShard(stage(), one.to, (connection) => insertRogue(connection, one.bucket))
        events.push(eventNow(`a row is written to ${name} on ${one.to}`, one.to))
        const { error } = await mover.ended
        means.wrong.push(...judgeEnd(await ownerOf(moving), { name, ...one, told: error }))
        await sleep(PAUSE_MS)
        await onShard(stage(), (await ownerOf(moving)) ?? one.from, (connection) => deleteRogue(connection, one.bucket))
        // The copy that was spoilt is gone, so the next one is not.
        if ((await ownerOf(moving)) === one.from) await move(moving, '--to')
        await bringTo(moving, one.from)
        await finish(moving)
      })
      await writers.goOn(WRITES_AROUND)
    } finally {
      means.wrong.push(...(await writers.stop(stage())))
    }
    means.wrong.push(...(await leftBehind(moving)))
  },
  unprotected: [{ set: ['moves=unchecked'], finds: 'was switched with a row that somebody else wrote' }],
}

type End = { readonly name: string; readonly from: string; readonly to: string; readonly told: string }

export function judgeEnd(owner: string | undefined, { name, from, to, told }: End): string[] {
  return [
    ...(owner === from ? [] : [`${name} was switched with a row that somebody else wrote to ${to}`]),
    ...(told.includes(ROGUE) ? [] : [`the mover did not name the row that somebody else wrote to ${name}`]),
  ]
}
