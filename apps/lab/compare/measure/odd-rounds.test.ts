import { expect, test } from 'vitest'
import { type MadeRound, madeRound } from './made-round.ts'
import { oddRounds } from './odd-rounds.ts'

const rounds = (...made: MadeRound[]) => made.map((one, index) => madeRound({ round: index + 1, ...one }))

test('a round that differs from the others is told with what paused it', () => {
  const machine = { idleShare: 0.4, stolenShare: 0.31, diskShare: 0 }
  const [odd, ...others] = oddRounds(
    rounds({ kept: 380 }, { kept: 137, machine, longCollections: 2 }, { kept: 388 }, { kept: 371 }),
  )
  expect(odd).toEqual({
    round: 2,
    capacity: 137,
    usual: 375.5,
    why: 'a neighbour took 31 % of the CPUs; garbage collection paused an app for more than 0.1 s, 2 times',
  })
  expect(others).toEqual([])
})

test('where nothing that is watched explains it, that is said', () => {
  expect(oddRounds(rounds({ kept: 50 }, { kept: 52 }, { kept: 70 }))[0]?.why).toBe('nothing that is watched explains it')
})

test('other work on the machine and a disk that is waited for are reasons', () => {
  const crowded = { idleShare: 0.03, stolenShare: 0, diskShare: 0.2 }
  expect(oddRounds(rounds({ kept: 50 }, { kept: 52 }, { kept: 20, machine: crowded }))[0]?.why).toBe(
    'other processes had taken the machine; the disk was waited for (a flush), 20 % of the time',
  )
})

test('rounds that are alike are not odd, and two do not say which one is', () => {
  expect(oddRounds(rounds({ kept: 50 }, { kept: 45 }, { kept: 55 }))).toEqual([])
  expect(oddRounds(rounds({ kept: 50 }, { kept: 90 }))).toEqual([])
})
