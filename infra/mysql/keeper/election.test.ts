import { expect, test } from 'vitest'
import { elect, type Situation, type Voter } from './election.ts'

const voter = (name: string, transactions: number, reachable = true): Voter => {
  return { name, reachable, executed: { text: `${transactions}`, transactions }, strayed: false }
}
const SITUATION: Situation = {
  members: [voter('a', 10, false), voter('b', 10), voter('c', 8)],
  last: 'a',
  followers: new Set(['b', 'c']),
  doubt: false,
  waitedMs: 0,
  failover: true,
  semiSync: true,
  // As if each had a history of its own from transaction 20 on.
  excess: (one, other) => (one.transactions > other.transactions || one.transactions > 20 ? one.text : ''),
}

test('all replicas of a dead primary are eligible', () => {
  expect(elect(SITUATION)).toEqual({ eligible: ['b', 'c'] })
})

test('nobody is promoted while one that may hold an acknowledged write is out of reach, or may have lost one', () => {
  const members = [voter('a', 10, false), voter('b', 10), voter('c', 8, false)]
  expect(elect({ ...SITUATION, members })).toEqual({ wait: 'for c, which may hold what a acknowledged' })
  expect(elect({ ...SITUATION, doubt: true })).toMatchObject({ wait: expect.stringContaining('may have lost') })
  expect(elect({ ...SITUATION, followers: new Set() })).toEqual({ wait: 'for a, as there is no replica of it' })
})

test('without semi-sync a replica is promoted whatever the others may hold', () => {
  const members = [voter('a', 10, false), voter('b', 10, false), voter('c', 8)]
  expect(elect({ ...SITUATION, members, doubt: true, semiSync: false })).toEqual({ eligible: ['c'] })
})

test('a replica that did not copy the primary is not eligible', () => {
  expect(elect({ ...SITUATION, followers: new Set(['c']) })).toEqual({ eligible: ['c'] })
})

test('without failover the last primary is waited for', () => {
  expect(elect({ ...SITUATION, failover: false })).toEqual({ wait: 'for a, as the setting failover is off' })
  expect(elect({ ...SITUATION, failover: false, members: [voter('a', 10), voter('b', 99)] })).toEqual({ eligible: ['a'] })
})

test('at a start all are waited for, then the most advanced is chosen, and of equals the last primary', () => {
  const all = [voter('a', 10), voter('b', 10), voter('c', 8)]
  expect(elect({ ...SITUATION, members: all })).toEqual({ eligible: ['a'] })
  expect(elect({ ...SITUATION, members: [voter('a', 10), voter('b', 11), voter('c', 8)] })).toEqual({ eligible: ['b'] })
  expect(elect({ ...SITUATION, members: all, last: undefined })).toEqual({ eligible: ['a'] })
  const oneAway = [voter('a', 10), voter('b', 10, false), voter('c', 8)]
  expect(elect({ ...SITUATION, members: oneAway })).toEqual({ wait: 'for b to start' })
  expect(elect({ ...SITUATION, members: oneAway, waitedMs: 10_000 })).toEqual({ eligible: ['a'] })
})

test('who has more transactions, but lacks some of the last primary, is not chosen', () => {
  const members = [voter('a', 21), voter('b', 30), voter('c', 8)]
  const excess: Situation['excess'] = (one, other) => (one.text === other.text ? '' : one.text)
  expect(elect({ ...SITUATION, members, excess })).toEqual({ eligible: ['a'] })
})

test('one that has strayed is not promoted over a sound one, nor one while it may hold an acknowledged write', () => {
  const strayed = { ...voter('b', 11), strayed: true }
  const dead = [voter('a', 10, false), strayed, voter('c', 8)]
  expect(elect({ ...SITUATION, members: dead })).toEqual({
    wait: 'for a, as b has transactions of its own and may hold what a acknowledged',
  })
  expect(elect({ ...SITUATION, members: dead, semiSync: false })).toEqual({ eligible: ['c'] })
  expect(elect({ ...SITUATION, members: dead.slice(0, 2), semiSync: false })).toEqual({ eligible: ['b'] })
  expect(elect({ ...SITUATION, members: [voter('a', 10), strayed, voter('c', 8)] })).toEqual({ eligible: ['a'] })
})
