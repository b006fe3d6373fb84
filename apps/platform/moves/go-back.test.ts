import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BucketMoves, contentOf, moveUntilKilled, startBucketMoves } from '../../fixtures/bucket-moves.ts'
import { notesOf, startWriters } from '../../fixtures/bucket-writers.ts'
import { carryBack, finishMove, goBack } from './go-back.ts'
import { intendedMove } from './intended-move.ts'
import { lookAt } from './look.ts'
import type { Phase } from './phases.ts'

let moves: BucketMoves
beforeAll(async () => {
  moves = await startBucketMoves()
})
afterAll(() => moves?.stop())

const of = (bucket: string) => ({ servers: moves.addresses, bucket, restShare: 0 })
/** More than a server has parts of its cache of tables. */
const CONNECTIONS = 20
const BACK = ['owner 3 shard-1', 'moved 3 shard-1']
const tablesOf = async (server: 'one' | 'two', bucket: string) => {
  const [rows] = await moves[server].query(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name',
    [`bucket_${bucket}`],
  )
  return (rows as { name: string }[]).map(({ name }) => name)
}

test('a bucket goes back with what was written at its new place, under those who write', async () => {
  const bucket = await moves.filled('00')
  const [writers, owners] = [startWriters(moves.store, bucket), moves.watchOwners(bucket)]
  await moves.move(bucket, 'shard-2')
  await writers.goOn(50)
  expect(await carryBack(moves.addresses)).toBeGreaterThan(0)
  await writers.goOn(50)
  expect(await goBack(of(bucket))).toMatchObject({ from: 'shard-2' })
  await writers.goOn(50)
  await writers.stop()
  await owners.stop()
  expect([writers.failed, owners.twice]).toEqual([[], []])
  expect(await notesOf(moves.store, bucket)).toEqual(writers.written)
  expect(await moves.standing(bucket)).toEqual(BACK)
})

test('what is carried back is as new as the bucket, and nothing is copied again', async () => {
  const bucket = await moves.filled('01')
  await moves.move(bucket, 'shard-2')
  await moves.two.query("UPDATE bucket_01.notes SET text = 'new' WHERE part = 7; DELETE FROM bucket_01.seals LIMIT 3")
  expect(await carryBack(moves.addresses)).toBeGreaterThanOrEqual(4)
  expect(await contentOf(moves.one, bucket)).toEqual(await contentOf(moves.two, bucket))
  expect(await carryBack(moves.addresses)).toBe(0)
  expect(await intendedMove({ ...of(bucket), to: 'shard-1' })).toMatchObject({ begins: 'with what the way back has kept' })
  const copied: string[] = []
  await goBack({ ...of(bucket), onProgress: ({ doing }) => copied.push(doing) })
  expect(copied).not.toContain('copy')
})

test('what a mover has opened notes for everybody else, whichever connection comes', async () => {
  const bucket = await moves.filled('12')
  await moves.move(bucket, 'shard-2')
  // A server keeps open tables by connection: each has to meet the one that the mover has used.
  const ids = Array.from({ length: CONNECTIONS }, (_, index) => `c${index}`)
  for (const id of ids) {
    const connection = await moves.connect('shard-2')
    await connection.query(`INSERT INTO bucket_12.notes VALUES ('${id}', 1, 'x', 'abcd')`)
    await connection.query(`UPDATE bucket_12.notes SET part = 2 WHERE id = '${id}'`)
    await connection.query(`DELETE FROM bucket_12.notes WHERE id = '${id}'`)
    await connection.end()
  }
  const [notes] = await moves.two.query('SELECT id, part FROM bucket_12.noted_notes ORDER BY note_id')
  const parts = [1, 2, 1, 2]
  expect(notes).toEqual(ids.flatMap((id) => parts.map((part) => ({ id, part }))))
})

test.each<[string, Phase]>([
  ['02', 'begun'],
  ['03', 'followed'],
  ['04', 'compared'],
  ['05', 'ready'],
  ['06', 'fenced'],
  ['07', 'drained'],
  ['08', 'moved'],
])('on the way back of bucket %s the mover is ended with KILL when it has %s: the next call goes on', async (bucket, dieAt) => {
  await moves.filled(bucket)
  const [writers, owners] = [startWriters(moves.store, bucket, 2), moves.watchOwners(bucket)]
  await moves.move(bucket, 'shard-2')
  await moveUntilKilled({ servers: moves.addresses, bucket, to: 'shard-1', dieAt })
  await writers.goOn(50)
  if (dieAt !== 'moved') await moves.move(bucket, 'shard-1')
  await writers.goOn(10)
  await writers.stop()
  await owners.stop()
  expect([writers.failed, owners.twice]).toEqual([[], []])
  expect(await notesOf(moves.store, bucket)).toEqual(writers.written)
  expect(await moves.standing(bucket)).toEqual(BACK)
})

test('a row that somebody writes to what is kept is found, and the bucket does not go back', async () => {
  const bucket = await moves.filled('09')
  await moves.move(bucket, 'shard-2')
  await moves.one.query(`INSERT INTO bucket_09.notes VALUES ('rogue', 1, 'x', 'abcd')`)
  await expect(goBack(of(bucket))).rejects.toThrow(/^bucket_09 stays on shard-2: shard-1 has other rows.*rogue/)
  expect(await moves.standing(bucket)).toEqual(['moved 2 shard-2', 'owner 2 shard-2'])
})

test('a move that was cut off is undone, and leaves nothing', async () => {
  const bucket = await moves.filled('10')
  await moveUntilKilled({ servers: moves.addresses, bucket, to: 'shard-2', dieAt: 'compared' })
  expect(await lookAt(moves.addresses, bucket)).toMatchObject({ comesTo: ['shard-2'] })
  await expect(finishMove(of(bucket))).rejects.toThrow('bucket_10 is still on its way to shard-2')
  expect(await goBack(of(bucket))).toEqual({ undone: ['shard-2'] })
  expect(await moves.standing(bucket)).toEqual(['owner 1 shard-1', 'elsewhere 1 shard-1'])
  expect([await tablesOf('one', bucket), await tablesOf('two', bucket)]).toEqual([['notes', 'seals'], []])
  await expect(goBack(of(bucket))).rejects.toThrow('bucket_10 has no way back')
})

test('a finished move has no way back, and leaves one copy', async () => {
  const bucket = await moves.filled('11')
  await moves.move(bucket, 'shard-2')
  const before = await contentOf(moves.two, bucket)
  expect(await finishMove(of(bucket))).toBe('shard-1')
  expect(await finishMove(of(bucket))).toBeUndefined()
  expect([await tablesOf('one', bucket), await tablesOf('two', bucket)]).toEqual([[], ['notes', 'seals']])
  await expect(goBack(of(bucket))).rejects.toThrow('bucket_11 has no way back')
  // It may move again, as often as anybody likes.
  await moves.move(bucket, 'shard-1')
  expect(await contentOf(moves.one, bucket)).toEqual(before)
})
