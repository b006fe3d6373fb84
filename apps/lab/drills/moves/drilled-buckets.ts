/** The buckets that a drill moves: from which shard to which, who lives there, and rows enough to take a while. */
import type { Connection } from 'mysql2/promise'
import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import { bucketOfId } from '../../../platform/process/buckets.ts'
import { demoUsers } from '../../../users/seed.ts'
import { storeWithBuckets } from '../../runner/shards.ts'
import { ownersInStage } from '../../runner/stage-buckets.ts'
import type { Scale } from '../drill.ts'
import { namesOfShards, onShard } from '../shards.ts'
import { shuffled } from '../traffic/choices.ts'
import { deleteFilling, insertFilling, ROWS_AN_ORDER } from './queries.ts'

type Person = { readonly id: string; readonly email: string }
export type DrilledBucket = {
  readonly bucket: string
  readonly from: string
  readonly to: string
  /** Whom no other part of the traffic knows, the last that the demo data have of the bucket. */
  readonly people: readonly Person[]
}

const ROWS = { full: 20_000, small: 2_000 }
const WRITERS = 2
/** Guests and couples come before. */
const FIRST_FREE = 401

/** Some by chance, the same again for the same draws; each goes to another server than it is on. */
export async function chosenBuckets(stage: StageState, { draw }: Pick<Scale, 'draw'>, count: number): Promise<DrilledBucket[]> {
  const shards = namesOfShards(stage)
  const { owners } = await ownersInStage(stage, storeWithBuckets(stage))
  const people = Map.groupBy(demoUsers().filter(isFree), ({ id }) => bucketOfId(id) ?? '')
  const fitting = [...owners].filter(([bucket]) => (people.get(bucket)?.length ?? 0) >= WRITERS).sort()
  return shuffled(fitting, draw)
    .slice(0, count)
    .map(([bucket, { server: from }], index) => {
      const others = shards.filter((name) => name !== from)
      const to = others[index % others.length] ?? ''
      return { bucket, from, to, people: (people.get(bucket) ?? []).slice(-WRITERS) }
    })
}

function isFree({ email }: Person): boolean {
  return Number(/^shopper-(\d+)@/.exec(email)?.[1] ?? 0) >= FIRST_FREE
}

/** For `prepare`: fills them, and answers what takes the rows away again wherever they are by then. */
export async function fillBuckets(stage: () => StageState, scale: Scale, count: number): Promise<() => Promise<void>> {
  const chosen = await chosenBuckets(stage(), scale, count)
  const orders = (scale.isSmall ? ROWS.small : ROWS.full) / ROWS_AN_ORDER
  await onOwners(stage(), chosen, (connection, { bucket, people }) =>
    insertFilling(connection, bucket, { userId: people[0]?.id ?? '', orders }),
  )
  return () => onOwners(stage(), chosen, (connection, { bucket }) => deleteFilling(connection, bucket))
}

/** Each server works on its own, one bucket after the other. */
async function onOwners(
  stage: StageState,
  chosen: readonly DrilledBucket[],
  work: (connection: Connection, one: DrilledBucket) => Promise<void>,
): Promise<void> {
  const { owners } = await ownersInStage(stage, storeWithBuckets(stage))
  const byServer = Map.groupBy(chosen, ({ bucket }) => owners.get(bucket)?.server ?? '')
  await Promise.all(
    [...byServer].map(([server, own]) =>
      onShard(stage, server, async (connection) => {
        for (const one of own) await work(connection, one)
      }),
    ),
  )
}
