import { expect, test } from 'vitest'
import { damageIn, type Owners, ownersBy } from './owners.ts'
import type { BucketRow, BucketState } from './queries.ts'

const row = (state: BucketState, epoch: number, server: string): BucketRow => ({ bucket: '07', state, epoch, server })
const said = (rows: Record<string, BucketRow>) => new Map(Object.entries(rows).map(([server, one]) => [server, [one]]))
const known = (server: string, epoch: number): Owners => new Map([['07', { server, epoch }]])
const NOTHING: Owners = new Map()

test('who says that it owns a bucket does, and takes no writes for a moment while it is fenced', () => {
  for (const state of ['owner', 'fenced'] as const) {
    const { owners, complaints } = ownersBy(said({ a: row(state, 1, 'a'), b: row('elsewhere', 1, 'a') }), NOTHING)
    expect(owners.get('07')).toEqual({ server: 'a', epoch: 1 })
    expect(complaints).toEqual([])
  }
})

test('what others have heard does not count against its own word', () => {
  const mistaken = said({ a: row('owner', 2, 'a'), b: row('elsewhere', 2, 'c') })
  expect(ownersBy(mistaken, NOTHING)).toEqual({ owners: known('a', 2), complaints: [] })
})

test('while the owner is away the others say who it is', () => {
  expect(ownersBy(said({ b: row('elsewhere', 1, 'a') }), NOTHING).owners.get('07')).toEqual({ server: 'a', epoch: 1 })
  expect(ownersBy(new Map(), known('a', 2)).owners.get('07')).toEqual({ server: 'a', epoch: 2 })
})

test('a bucket that has moved is where its last owner says, before the new one does', () => {
  const moving = said({ a: row('moved', 2, 'b'), b: row('ready', 2, 'b'), c: row('elsewhere', 1, 'a') })
  expect(ownersBy(moving, known('a', 1))).toEqual({ owners: known('b', 2), complaints: [] })
})

test('what comes to a server is not its own yet', () => {
  const coming = said({ a: row('owner', 1, 'a'), b: row('copying', 2, 'b') })
  expect(ownersBy(coming, NOTHING).owners).toEqual(known('a', 1))
})

test('of two that say they own it the later one does', () => {
  expect(ownersBy(said({ a: row('owner', 1, 'a'), b: row('owner', 3, 'b') }), NOTHING).owners).toEqual(known('b', 3))
})

test.each([
  ['contradicting', said({ a: row('owner', 3, 'a'), b: row('owner', 3, 'b') }), 'a and b both are its owner as of epoch 3'],
  ['older', said({ a: row('owner', 1, 'a') }), 'a as of epoch 1 is older than what was known: c as of epoch 2'],
  ['another', said({ a: row('owner', 2, 'a') }), 'a as of epoch 2 contradicts what was known: c as of epoch 2'],
])('a map that is %s is told in one line, and the one before counts', (_, rows, complaint) => {
  const { owners, complaints } = ownersBy(rows, known('c', 2))
  expect(owners).toEqual(known('c', 2))
  expect(complaints).toEqual([`bucket_07: ${complaint}`])
})

test('where two contradict each other from the start nobody owns it', () => {
  const { owners } = ownersBy(said({ a: row('owner', 1, 'a'), b: row('owner', 1, 'b') }), NOTHING)
  expect(owners.get('07')).toBeUndefined()
})

test.each([
  [{ ...row('owner', 1, 'a'), bucket: '64' }, 'bucket "64" is none'],
  [{ ...row('owner', 1, 'a'), bucket: 'x7' }, 'bucket "x7" is none'],
  [{ ...row('owner', 1, 'a'), state: 'lost' as BucketState }, 'bucket "07" is "lost"'],
  [row('owner', 0, 'a'), 'bucket "07" has the epoch 0'],
  [row('elsewhere', 1, 'z'), 'bucket "07" is on "z", which is no server of this store'],
])('damage is named', (damaged, complaint) => {
  expect(damageIn([row('owner', 1, 'a'), damaged], ['a', 'b'])).toBe(complaint)
})
