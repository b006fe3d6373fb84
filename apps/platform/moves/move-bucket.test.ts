import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BucketMoves, contentOf, moveUntilKilled, ROWS_A_TABLE, startBucketMoves } from '../../fixtures/bucket-moves.ts'
import { notesOf, startWriters } from '../../fixtures/bucket-writers.ts'
import { moveBucket } from './move-bucket.ts'
import type { Phase } from './phases.ts'
import { withSessions } from './session.ts'

/** Of all of them less than a mover waits for another. */
const HELD_MS = 50
const MOVED = ['moved 2 shard-2', 'owner 2 shard-2']

let moves: BucketMoves
beforeAll(async () => {
  moves = await startBucketMoves()
})
afterAll(() => moves?.stop())

test('a bucket at rest is at its new place as it was', async () => {
  const bucket = await moves.filled('00')
  const before = await contentOf(moves.one, bucket)
  const seen: string[] = []
  const moved = await moves.move(bucket, 'shard-2', {
    onProgress: ({ doing, rows, of }) => seen.push(`${doing} ${rows} of ${of}`),
  })
  expect(moved).toMatchObject({ from: 'shard-1', rows: 2 * ROWS_A_TABLE })
  expect(await contentOf(moves.two, bucket)).toEqual(before)
  expect(await moves.standing(bucket)).toEqual(MOVED)
  expect(seen).toEqual(expect.arrayContaining(['copy 500 of 5000', 'copy 5000 of 5000', 'compare 5000 of 5000']))
})

test('a bucket moves under those who write to it: nothing is lost, and no write fails', async () => {
  const bucket = await moves.filled('01')
  const [writers, owners] = [startWriters(moves.store, bucket), moves.watchOwners(bucket)]
  await writers.goOn(50)
  await moves.move(bucket, 'shard-2')
  const before = await contentOf(moves.one, bucket)
  await writers.goOn(50)
  await writers.stop()
  await owners.stop()
  expect([writers.failed, owners.twice]).toEqual([[], []])
  expect(await notesOf(moves.store, bucket)).toEqual(writers.written)
  // What came after the switch came to the new owner alone.
  expect(await contentOf(moves.one, bucket)).toEqual(before)
  expect(await moves.standing(bucket)).toEqual(MOVED)
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
    await moves.filled(bucket)
    const [writers, owners] = [startWriters(moves.store, bucket, 2), moves.watchOwners(bucket)]
    await moveUntilKilled({ servers: moves.addresses, bucket, to: 'shard-2', dieAt })
    // Unaided.
    await writers.goOn(50)
    // Where the switch was written, there is nothing left to do.
    if (dieAt === 'moved') await expect(moves.move(bucket, 'shard-2')).rejects.toThrow('is on shard-2 already')
    else await moves.move(bucket, 'shard-2')
    await writers.stop()
    await owners.stop()
    expect([writers.failed, owners.twice]).toEqual([[], []])
    expect(await notesOf(moves.store, bucket)).toEqual(writers.written)
    expect(await moves.standing(bucket)).toEqual(MOVED)
  },
)

test('a bucket that nobody has asked for since the switch is opened by the next call', async () => {
  await moves.filled('18')
  const at = async (now: Phase) => {
    if (now === 'moved') throw new Error('ended')
  }
  await expect(moves.move('18', 'shard-2', { at })).rejects.toThrow('ended')
  expect(await moves.standing('18')).toEqual(['moved 2 shard-2', 'ready 2 shard-2'])
  await moves.move('18', 'shard-2')
  expect(await moves.standing('18')).toEqual(MOVED)
})

test.each<[string, Phase]>([
  ['11', 'begun'],
  ['12', 'compared'],
  ['13', 'ready'],
])(
  'a row that somebody writes to the target of bucket %s when it has %s is found, and it stays where it is',
  async (bucket, phase) => {
    await moves.filled(bucket)
    const before = await contentOf(moves.one, bucket)
    const at = async (now: Phase) => {
      if (now === phase) await moves.two.query(`INSERT INTO bucket_${bucket}.notes VALUES ('rogue', 1, 'x', 'abcd')`)
    }
    await expect(moves.move(bucket, 'shard-2', { at })).rejects.toThrow(
      /^bucket_\d\d stays on shard-1: shard-2 has other rows.*notes \["rogue",1\]/,
    )
    expect(await moves.standing(bucket)).toEqual(['owner 1 shard-1', 'elsewhere 1 shard-1'])
    expect(await contentOf(moves.one, bucket)).toEqual(before)
    await moves.move(bucket, 'shard-2')
    expect(await contentOf(moves.two, bucket)).toEqual(before)
  },
)

test.each([
  ['14', "UPDATE bucket_14.seals SET `lines` = 'x' LIMIT 1", 'seals'],
  ['19', "INSERT INTO bucket_19.notes VALUES ('zzz', 1, 'x', 'abcd')", 'notes'],
  ['20', 'DELETE FROM bucket_20.notes LIMIT 1', 'notes'],
])('in bucket %s what is changed at the target past the notes is found by its hash: %s', async (bucket, statement, table) => {
  await moves.filled(bucket)
  const at = async (now: Phase) => {
    if (now === 'followed')
      await moves.two.query(`SET SESSION default_week_format = 7; ${statement}; SET SESSION default_week_format = 0`)
  }
  await expect(moves.move(bucket, 'shard-2', { at })).rejects.toThrow(`or others were written there: ${table} [`)
  expect((await moves.standing(bucket))[0]).toBe('owner 1 shard-1')
})

test.each<[string, Phase[]]>([
  ['21', ['drained']],
  ['23', ['fenced', 'drained']],
])(
  'in bucket %s a fence that somebody has taken away is no leave to switch, whatever is written when it has %j',
  async (bucket, when) => {
    await moves.filled(bucket)
    const seen: Phase[] = []
    const at = async (now: Phase) => {
      // As a customer's app does it, and goes on.
      if (when.includes(now) && !seen.includes(now)) {
        await moves.one.query(`UPDATE shop.buckets SET state = 'owner', token = NULL WHERE bucket = '${bucket}'`)
        await moves.one.query(
          `INSERT INTO bucket_${bucket}.notes VALUES ('late', 1, '${now}', 'abcd') ON DUPLICATE KEY UPDATE text = '${now}'`,
        )
      }
      seen.push(now)
    }
    await moves.move(bucket, 'shard-2', { at })
    expect(await contentOf(moves.two, bucket)).toEqual(await contentOf(moves.one, bucket))
    expect(seen.filter((phase) => phase === 'fenced')).toHaveLength(2)
  },
)

test('what a move leaves out by its setting is missed', async () => {
  await moves.filled('24')
  const at = async (now: Phase) => {
    if (now === 'compared') await moves.two.query("INSERT INTO bucket_24.notes VALUES ('rogue', 1, 'x', 'abcd')")
  }
  await moves.move('24', 'shard-2', { at, moves: 'unchecked' })
  expect(await notesLike(moves.two, '24', 'rogue')).toBe(1)
  await moves.filled('25')
  const late = async (now: Phase) => {
    if (now === 'fenced') await moves.one.query("INSERT INTO bucket_25.notes VALUES ('late', 1, 'x', 'abcd')")
  }
  await moves.move('25', 'shard-2', { at: late, moves: 'unfenced' })
  expect(await notesLike(moves.two, '25', 'late')).toBe(0)
  await moves.filled('26')
  const leases: unknown[] = []
  const look = async (now: Phase) => {
    if (now === 'fenced') leases.push((await moves.one.query("SELECT lease_until FROM shop.buckets WHERE bucket = '26'"))[0])
  }
  await moves.move('26', 'shard-2', { at: look, moves: 'unleased' })
  expect(leases).toEqual([[{ lease_until: null }]])
})

async function notesLike(server: BucketMoves['one'], bucket: string, id: string): Promise<number> {
  const [rows] = await server.query(`SELECT COUNT(*) AS count FROM bucket_${bucket}.notes WHERE id = '${id}'`)
  return Number((rows as { count: number }[])[0]?.count)
}

test('a mover that was replaced puts nothing more at the target', async () => {
  const bucket = await moves.filled('22')
  const at = async (now: Phase) => {
    if (now === 'begun') await moves.two.query("UPDATE shop.buckets SET token = 'another' WHERE bucket = '22'")
  }
  await expect(moves.move(bucket, 'shard-2', { at })).rejects.toMatchObject({ code: 'ER_DATA_OUT_OF_RANGE' })
  expect(await contentOf(moves.two, bucket)).toEqual([[], []])
})

test('a second mover is refused while one is at work', async () => {
  const bucket = await moves.filled('15')
  const at = async (now: Phase) => {
    if (now === 'copied')
      await expect(moves.move('16', 'shard-2')).rejects.toThrow('another move is at work on shard-1; nothing was changed')
  }
  await moves.move(bucket, 'shard-2', { at })
  expect([await moves.standing(bucket), await moves.standing('16')]).toEqual([MOVED, ['owner 1 shard-1', 'elsewhere 1 shard-1']])
})

test('two who need the same servers the other way round wait for one another', async () => {
  const hold = (ends: readonly [string, string]) =>
    withSessions(moves.addresses, ends, async (one, other) => {
      await sleep(HELD_MS)
      return [one.server, other.server]
    })
  const ways: [string, string][] = Array.from({ length: 6 }, (_, turn) =>
    turn % 2 === 0 ? ['shard-1', 'shard-2'] : ['shard-2', 'shard-1'],
  )
  expect(await Promise.all(ways.map(hold))).toEqual(ways)
})

test.each([
  ['shard-1', 'bucket_17 is on shard-1 already'],
  ['shard-9', 'there is no server shard-9 for buckets; there are: shard-1, shard-2'],
])('a move to %s is refused', async (to, complaint) => {
  await expect(moves.move('17', to)).rejects.toThrow(complaint)
})

test('a move to a server that is down is refused', async () => {
  const away = { ...(moves.addresses[1] as (typeof moves.addresses)[number]), name: 'shard-3', port: 1 }
  const refused = moveBucket({ servers: [...moves.addresses, away], bucket: '17', to: 'shard-3' })
  await expect(refused).rejects.toThrow(/^bucket_17 stays where it is: shard-3 does not answer/)
  expect(await moves.standing('17')).toEqual(['owner 1 shard-1', 'elsewhere 1 shard-1'])
})
