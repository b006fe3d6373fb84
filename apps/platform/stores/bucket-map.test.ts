import { expect, test } from 'vitest'
import { bucketNames } from '../process/buckets.ts'
import { bucketMap } from './bucket-map.ts'
import type { BucketRow } from './queries.ts'

/** What a server says of all buckets, of which it owns those before `end`. */
const rows = (own: string, { end, other, epoch = 1 }: { end: number; other: string; epoch?: number }): BucketRow[] =>
  bucketNames().map((bucket, index) => {
    return { bucket, epoch, ...(index < end ? { state: 'owner', server: own } : { state: 'elsewhere', server: other }) }
  })

test('an owner that does not answer is known from the others', async () => {
  const map = bucketMap(
    new Map([
      ['a', async () => rows('a', { end: 32, other: 'b' })],
      ['b', () => Promise.reject(new Error('away'))],
    ]),
  )
  expect(map.ownerOf('00')).toBeUndefined()
  await map.askAll()
  expect([map.ownerOf('00'), map.ownerOf('63')]).toEqual([
    { server: 'a', epoch: 1 },
    { server: 'b', epoch: 1 },
  ])
  await expect(map.ask('b')).rejects.toThrow('away')
  await expect(map.ask('c')).rejects.toThrow('the store has no server c')
})

test('a damaged answer is told once and changes nothing; it is told again when it comes again', async () => {
  let answer = rows('a', { end: 64, other: 'b' })
  const told: string[] = []
  const map = bucketMap(new Map([['a', async () => answer]]), (line) => told.push(line))
  await map.ask('a')
  const whole = answer
  for (const next of [
    [{ ...whole[0], epoch: 0 } as BucketRow],
    [{ ...whole[0], epoch: 0 } as BucketRow],
    whole,
    [{ ...whole[0], epoch: 0 } as BucketRow],
  ]) {
    answer = next
    await map.ask('a')
    expect(map.ownerOf('63')).toEqual({ server: 'a', epoch: 1 })
  }
  const line = 'the map of the buckets stays as it was: a: bucket "00" has the epoch 0'
  expect(told).toEqual([line, line])
})

test('where two contradict each other the one that answers first is not believed either', async () => {
  const told: string[] = []
  const both = new Map(['a', 'b'].map((name) => [name, async () => rows(name, { end: 1, other: 'a' })]))
  const map = bucketMap(both, (line) => told.push(line))
  await map.askAll()
  expect(map.ownerOf('00')).toBeUndefined()
  expect(map.ownerOf('01')).toEqual({ server: 'a', epoch: 1 })
  expect(told).toEqual(['the map of the buckets stays as it was: bucket_00: a and b both are its owner as of epoch 1'])
})

test('many who ask at once share one question', async () => {
  let asked = 0
  const map = bucketMap(
    new Map([
      [
        'a',
        async () => {
          asked += 1
          return rows('a', { end: 64, other: 'a' })
        },
      ],
    ]),
  )
  await Promise.all([map.askAll(), map.askAll(), map.ask('a'), map.ask('a')])
  expect(asked).toBe(1)
})

test('who asks soon after an answer hears what is so now', async () => {
  let owner = 'a'
  let epoch = 1
  const said = (name: string) => rows(name, { end: name === owner ? 64 : 0, other: owner, epoch })
  const map = bucketMap(new Map(['a', 'b'].map((name) => [name, async () => said(name)])))
  await map.askAll()
  owner = 'b'
  epoch = 2
  await Promise.all([map.askAll(), map.askAll()])
  expect(map.ownerOf('00')).toEqual({ server: 'b', epoch: 2 })
})
