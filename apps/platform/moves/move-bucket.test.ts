import path from 'node:path'
import type { Connection } from 'mysql2/promise'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runProgram } from '../../../infra/process/run-program.ts'
import { type BucketServers, startBucketServers } from '../../fixtures/bucket-servers.ts'
import { NOTES_TABLE, type NotesTables, notesOf, SEALS_TABLE, startWriters } from '../../fixtures/bucket-writers.ts'
import type { DyingMove } from '../../fixtures/mover-process.ts'
import type { Store } from '../mysql/store.ts'
import { bucketedStore } from '../stores/bucketed-store.ts'
import { makeBuckets } from '../stores/make-buckets.ts'
import { type BucketMove, moveBucket } from './move-bucket.ts'
import type { Phase } from './phases.ts'

const ROWS = 2_500
const CHILD_WITHIN_MS = 60_000

let servers: BucketServers
let store: Store<NotesTables>
let [one, two] = [] as unknown as [Connection, Connection]

beforeAll(async () => {
  servers = await startBucketServers(2)
  await makeBuckets(servers.addresses, [NOTES_TABLE, SEALS_TABLE])
  store = await bucketedStore('people', servers.addresses)
  ;[one, two] = ['shard-1', 'shard-2'].map((name) => servers.lab.get(name)) as [Connection, Connection]
})
afterAll(async () => {
  await store?.close()
  await servers?.stop()
})

const move = (bucket: string, to: string, more: Partial<BucketMove> = {}) =>
  moveBucket({ servers: servers.addresses, bucket, to, restShare: 0, ...more })

/** Rows of more than one part of a copy, with what is easily spoilt: bytes, NULL, a name of SQL's own. */
async function filled(bucket: string): Promise<string> {
  const numbers = `WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})`
  const insert = (table: string, values: string) =>
    one.query(`INSERT INTO bucket_${bucket}.${table} ${numbers} SELECT ${values} FROM n`)
  await one.query(`SET SESSION ${await recursionLimit()} = ${ROWS + 1}`)
  await insert('notes', "CONCAT('n', i MOD 50), i, CONCAT('text ', i, ' ü'), UNHEX(LPAD(HEX(i), 8, '0'))")
  await insert('seals', "UNHEX(CONCAT('FF', LPAD(HEX(i), 6, '0'))), IF(i MOD 3 = 0, NULL, CONCAT('line ', i))")
  return bucket
}

async function recursionLimit(): Promise<string> {
  const [found] = await one.query("SHOW VARIABLES LIKE 'max_recursive_iterations'")
  return (found as unknown[]).length > 0 ? 'max_recursive_iterations' : 'cte_max_recursion_depth'
}

async function contentOf(lab: Connection, bucket: string): Promise<unknown[]> {
  const [notes] = await lab.query(`SELECT * FROM bucket_${bucket}.notes ORDER BY id, part`)
  const [seals] = await lab.query(`SELECT * FROM bucket_${bucket}.seals ORDER BY digest`)
  return [notes, seals]
}

async function standing(bucket: string): Promise<string[]> {
  const states = [one, two].map(async (lab) => {
    const [rows] = await lab.query('SELECT state, epoch, server FROM shop.buckets WHERE bucket = ?', [bucket])
    const [row] = rows as { state: string; epoch: number; server: string }[]
    return `${row?.state} ${row?.epoch} ${row?.server}`
  })
  return Promise.all(states)
}

const MOVED = ['moved 2 shard-2', 'owner 2 shard-2']

/** Looks at the target first: where that owns the bucket, the source cannot any more. */
function watchOwners(bucket: string): { readonly twice: string[]; stop(): Promise<void> } {
  const twice: string[] = []
  let stopped = false
  const watching = (async () => {
    while (!stopped) {
      const [rows] = await two.query("SELECT state FROM shop.buckets WHERE bucket = ? AND state = 'owner'", [bucket])
      const [others] = await one.query("SELECT state FROM shop.buckets WHERE bucket = ? AND state IN ('owner', 'fenced')", [
        bucket,
      ])
      if ((rows as unknown[]).length + (others as unknown[]).length > 1) twice.push(bucket)
    }
  })()
  const stop = () => {
    stopped = true
    return watching
  }
  return { twice, stop }
}

test('a bucket at rest is at its new place as it was', async () => {
  const bucket = await filled('00')
  const before = await contentOf(one, bucket)
  const seen: string[] = []
  const moved = await move(bucket, 'shard-2', { onProgress: ({ doing, rows, of }) => seen.push(`${doing} ${rows} of ${of}`) })
  expect(moved).toMatchObject({ from: 'shard-1', rows: 2 * ROWS })
  expect(await contentOf(two, bucket)).toEqual(before)
  expect(await standing(bucket)).toEqual(MOVED)
  expect(seen).toEqual(expect.arrayContaining(['copy 500 of 5000', 'copy 5000 of 5000', 'compare 5000 of 5000']))
})

test('a bucket moves under those who write to it: nothing is lost, and no write fails', async () => {
  const bucket = await filled('01')
  const [writers, owners] = [startWriters(store, bucket), watchOwners(bucket)]
  await writers.goOn(50)
  await move(bucket, 'shard-2')
  const before = await contentOf(one, bucket)
  await writers.goOn(50)
  await writers.stop()
  await owners.stop()
  expect([writers.failed, owners.twice]).toEqual([[], []])
  expect(await notesOf(store, bucket)).toEqual(writers.written)
  // What came after the switch came to the new owner alone.
  expect(await contentOf(one, bucket)).toEqual(before)
  expect(await standing(bucket)).toEqual(MOVED)
})

test.each<[string, Phase | 'copying']>([
  ['02', 'begun'],
  ['03', 'copying'],
  ['04', 'copied'],
  ['05', 'followed'],
  ['06', 'compared'],
  ['07', 'ready'],
  ['08', 'fenced'],
  ['09', 'drained'],
  ['10', 'moved'],
])(
  'the mover of bucket %s is ended with KILL when it has %s: the shop goes on, and the next call goes on too',
  async (bucket, dieAt) => {
    await filled(bucket)
    const [writers, owners] = [startWriters(store, bucket, 2), watchOwners(bucket)]
    const dying: DyingMove = { servers: servers.addresses, bucket, to: 'shard-2', dieAt }
    const program = path.resolve('apps/fixtures/mover-process.ts')
    const { status } = await runProgram(
      { path: process.execPath, args: [program, JSON.stringify(dying)], env: {} },
      { deadlineMs: CHILD_WITHIN_MS, over: {}, cwd: process.cwd() },
    )
    expect(status).not.toBe(0)
    // Unaided.
    await writers.goOn(50)
    // Where the switch was written, there is nothing left to do.
    if (dieAt === 'moved') await expect(move(bucket, 'shard-2')).rejects.toThrow('is on shard-2 already')
    else await move(bucket, 'shard-2')
    await writers.stop()
    await owners.stop()
    expect([writers.failed, owners.twice]).toEqual([[], []])
    expect(await notesOf(store, bucket)).toEqual(writers.written)
    expect(await standing(bucket)).toEqual(MOVED)
  },
)

test('a bucket that nobody has asked for since the switch is opened by the next call', async () => {
  await filled('18')
  const at = async (now: Phase) => {
    if (now === 'moved') throw new Error('ended')
  }
  await expect(move('18', 'shard-2', { at })).rejects.toThrow('ended')
  expect(await standing('18')).toEqual(['moved 2 shard-2', 'ready 2 shard-2'])
  await move('18', 'shard-2')
  expect(await standing('18')).toEqual(MOVED)
})

test.each<[string, Phase]>([
  ['11', 'begun'],
  ['12', 'compared'],
  ['13', 'ready'],
])(
  'a row that somebody writes to the target of bucket %s when it has %s is found, and it stays where it is',
  async (bucket, phase) => {
    await filled(bucket)
    const before = await contentOf(one, bucket)
    const at = async (now: Phase) => {
      if (now === phase) await two.query(`INSERT INTO bucket_${bucket}.notes VALUES ('rogue', 1, 'x', 'abcd')`)
    }
    await expect(move(bucket, 'shard-2', { at })).rejects.toThrow(
      /^bucket_\d\d stays on shard-1: shard-2 has other rows.*notes \["rogue",1\]/,
    )
    expect(await standing(bucket)).toEqual(['owner 1 shard-1', 'elsewhere 1 shard-1'])
    expect(await contentOf(one, bucket)).toEqual(before)
    await move(bucket, 'shard-2')
    expect(await contentOf(two, bucket)).toEqual(before)
  },
)

test('a row that is changed at the target past the notes is found by its hash', async () => {
  const bucket = await filled('14')
  const at = async (now: Phase) => {
    if (now === 'followed')
      await two.query(`SET @outgrow_mover = 1; UPDATE bucket_14.seals SET \`lines\` = 'x' LIMIT 1; SET @outgrow_mover = NULL`)
  }
  await expect(move(bucket, 'shard-2', { at })).rejects.toThrow(/seals \[\{"hex":"ff/)
  expect((await standing(bucket))[0]).toBe('owner 1 shard-1')
})

test('a second mover is refused while one is at work', async () => {
  const bucket = await filled('15')
  const at = async (now: Phase) => {
    if (now === 'copied')
      await expect(move('16', 'shard-2')).rejects.toThrow('another move is at work on shard-1; nothing was changed')
  }
  await move(bucket, 'shard-2', { at })
  expect([await standing(bucket), await standing('16')]).toEqual([MOVED, ['owner 1 shard-1', 'elsewhere 1 shard-1']])
})

test.each([
  ['shard-1', 'bucket_17 is on shard-1 already'],
  ['shard-9', 'there is no server shard-9 for buckets; there are: shard-1, shard-2'],
])('a move to %s is refused', async (to, complaint) => {
  await expect(move('17', to)).rejects.toThrow(complaint)
})

test('a move to a server that is down is refused', async () => {
  const away = { ...(servers.addresses[1] as (typeof servers.addresses)[number]), name: 'shard-3', port: 1 }
  const refused = moveBucket({ servers: [...servers.addresses, away], bucket: '17', to: 'shard-3' })
  await expect(refused).rejects.toThrow(/^bucket_17 stays where it is: shard-3 does not answer/)
  expect(await standing('17')).toEqual(['owner 1 shard-1', 'elsewhere 1 shard-1'])
})
