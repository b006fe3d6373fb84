/** What reshard refuses: in one line, and nothing has changed then. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type BucketMoves, startBucketMoves } from '../../fixtures/bucket-moves.ts'
import { bucketNames } from '../../platform/process/buckets.ts'
import { empty, rebalance } from './many-buckets.ts'
import { finish, moveTo, stepsTo } from './one-bucket.ts'
import type { Place } from './place.ts'

let moves: BucketMoves
let place: Place
let before: unknown
const standings = () => Promise.all(bucketNames().map((bucket) => moves.standing(bucket)))
const one = () => ({ ...place, bucket: '00' })
/** Of the buckets there are dozens. */
const ROOM_FOR_ONE_MB = 51
const GONE = { port: 1, name: 'shard-3' }

beforeAll(async () => {
  moves = await startBucketMoves()
  place = { servers: moves.addresses, freeMb: async () => 10_000, reference: '5', moves: 'safe' }
})
afterAll(() => moves?.stop())
beforeEach(async () => {
  before = await standings()
})

async function expectRefused(work: Promise<unknown>, complaint: string | RegExp): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: Error) => reason,
  )
  expect(error?.message).toMatch(complaint)
  expect(error?.message.split('\n')).toHaveLength(1)
  expect(await standings()).toEqual(before)
}

test('a move to a server that is full, down, the same or none', async () => {
  const full = { ...one(), freeMb: async () => 12 }
  await expectRefused(
    moveTo(full, 'shard-2'),
    /^shard-2 is full: 12 MB are free there, and \d+ MB are needed; nothing was moved$/,
  )
  await expectRefused(stepsTo(full, 'shard-2'), 'shard-2 is full')
  const [first] = moves.addresses
  const withGone = { ...one(), servers: [...moves.addresses, { ...(first as typeof first & object), ...GONE }] }
  await expectRefused(moveTo(withGone, 'shard-3'), 'bucket_00 stays where it is: shard-3 does not answer')
  await expectRefused(moveTo(one(), 'shard-1'), 'bucket_00 is on shard-1 already')
  await expectRefused(moveTo(one(), 'shard-9'), 'there is no server shard-9 for buckets; there are: shard-1, shard-2')
})

test('a server that cannot be emptied is not removed', async () => {
  await expectRefused(empty(place, 'shard-9', false), 'there is no server shard-9')
  await expectRefused(
    empty({ ...place, servers: moves.addresses.slice(0, 1) }, 'shard-1', false),
    'shard-1 cannot be emptied: there is no other server',
  )
  await expectRefused(empty({ ...place, freeMb: async () => ROOM_FOR_ONE_MB }, 'shard-1', false), 'shard-2 is full')
  const [first] = moves.addresses
  const withGone = { ...place, servers: [...moves.addresses, { ...(first as typeof first & object), ...GONE }] }
  await expectRefused(empty(withGone, 'shard-1', false), 'shard-3 does not answer')
})

test('nothing is emptied or spread while a move is not finished', async () => {
  await moveTo(one(), 'shard-2')
  before = await standings()
  await expectRefused(empty(place, 'shard-2', false), 'bucket_00 has a move that is not finished')
  await expectRefused(rebalance(place, false), 'bucket_00 has a move that is not finished')
  await finish(one())
  expect(await rebalance(place, true)).toMatch('1 buckets would be moved; nothing was done')
})
