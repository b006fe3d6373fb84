import { expect, test } from 'vitest'
import { Followers } from './followers.ts'

const copier = (name: string, changes = {}) => ({ name, reachable: true, refused: false, idle: false, received: 10, ...changes })
const nobody = () => false
const primaryAt = (transactions: number, askedAt = performance.now() + 1_000) => {
  return { seen: { readOnly: false, executed: { text: '', transactions }, askedAt, copyingAskedAt: askedAt } }
}

function followersOf(...names: string[]): Followers {
  const followers = new Followers()
  for (const name of names) followers.add(name)
  followers.endDoubt(
    primaryAt(10),
    names.map((name) => copier(name)),
    nobody,
  )
  return followers
}

test('at the start there is doubt until a follower has all that the primary has', () => {
  const followers = new Followers()
  followers.add('b')
  followers.endDoubt(primaryAt(12), [copier('b')], nobody)
  expect(followers.inDoubt).toBe(true)
  followers.endDoubt(primaryAt(99), [copier('b', { received: 12 })], nobody)
  expect(followers.inDoubt).toBe(false)
})

test.each([
  ['has ended', { reachable: false, refused: true }],
  ['was started anew', { idle: true }],
])('a replica that %s follows no more, and leaves doubt until another has what the primary had then', (_, changes) => {
  const followers = followersOf('b', 'c')
  followers.watch([copier('b', changes), copier('c')], nobody)
  expect([...followers.names]).toEqual(['c'])
  followers.endDoubt(primaryAt(15, 0), [copier('c', { received: 15 })], nobody)
  expect(followers.inDoubt, 'an answer from before the loss says nothing').toBe(true)
  followers.endDoubt(primaryAt(15, performance.now()), [copier('c', { received: 15 })], nobody)
  expect(followers.inDoubt, 'the primary may not have read the last acknowledgement by then').toBe(true)
  followers.endDoubt(primaryAt(15), [copier('b', { received: 15 }), copier('c')], nobody)
  expect(followers.inDoubt, 'only a follower counts').toBe(true)
  followers.endDoubt(primaryAt(16), [copier('c', { received: 15 })], nobody)
  expect(followers.inDoubt).toBe(false)
})

test('one that only is silent goes on following', () => {
  const followers = followersOf('b')
  followers.watch([copier('b', { reachable: false })], nobody)
  expect(followers.names.has('b')).toBe(true)
  expect(followers.inDoubt).toBe(false)
})

test('one that is just being told to follow is idle without having lost anything, unless it ends', () => {
  const followers = followersOf('b')
  followers.add('c')
  followers.watch([copier('b'), copier('c', { idle: true })], (name) => name === 'c')
  expect([...followers.names]).toEqual(['b', 'c'])
  expect(followers.inDoubt).toBe(false)
  followers.watch([copier('b'), copier('c', { idle: true, refused: true })], (name) => name === 'c')
  expect([...followers.names]).toEqual(['b'])
  expect(followers.inDoubt).toBe(true)
})

test('one that is being told to follow anew cannot vouch for what it has only fetched', () => {
  const followers = followersOf('b')
  followers.watch([copier('b', { idle: true })], nobody)
  followers.add('b')
  followers.endDoubt(primaryAt(10), [copier('b')], () => true)
  expect(followers.inDoubt).toBe(true)
  followers.endDoubt(primaryAt(10), [copier('b')], nobody)
  expect(followers.inDoubt).toBe(false)
})

test('a new keeper takes all for followers until it has seen that they are not', () => {
  const followers = new Followers(['b', 'c'])
  followers.watch([copier('b'), copier('c', { reachable: false })], nobody)
  expect([...followers.names]).toEqual(['b', 'c'])
  followers.watch([copier('b'), copier('c', { reachable: false, refused: true })], nobody)
  expect([...followers.names]).toEqual(['b'])
})
