/** What drills of moves find, planted here; and that their words are those of the mover. */
import { describe, expect, it, test } from 'vitest'
import { REACHED, textOf } from '../../reshard/progress-line.ts'
import { judgeWaits as judgeGone } from '../faults/kill-mover.ts'
import { judgeFailures } from '../faults/kill-moving-server.ts'
import { judgeSlowdown, judgeWaits } from '../faults/move-bucket.ts'
import { judgeEnd } from '../faults/rogue-write.ts'
import type { Sent } from '../traffic/recording.ts'
import { ownersSeen } from './owner-watch.ts'
import { beginOf, stretchAfter } from './stretches.ts'
import { writesAtSwitch } from './waits.ts'

const lasting = (ms: number, startedAt = 0) => ({ startedAt, endedAt: startedAt + ms })

describe('owners', () => {
  const owner = (epoch: number, state: 'owner' | 'fenced' | 'moved' = 'owner') => [{ bucket: '07', state, epoch, server: 'x' }]

  it('are two where the second says it with the same epoch, or an older one', () => {
    const owners = ownersSeen()
    expect([owners.see('a', owner(1)), owners.see('a', owner(1, 'fenced')), owners.see('b', owner(2))]).toEqual([[], [], []])
    expect(owners.see('a', owner(1))).toEqual(['two owners: bucket_07: b as of epoch 2, and a as of 1'])
    expect(owners.see('c', owner(2, 'fenced'))).toHaveLength(1)
  })
  it('are one where the first says that it has given the bucket away', () => {
    const owners = ownersSeen()
    expect([owners.see('b', owner(2)), owners.see('a', owner(2, 'moved'))]).toEqual([[], []])
  })
})

test('each line of a mover belongs to a stretch, but for the last', () => {
  const progress = { rows: 1, of: 2, leftMs: 3 }
  const lines = [
    ...Object.values(REACHED),
    ...(['copy', 'follow', 'compare'] as const).map((doing) => textOf({ ...progress, doing })),
  ]
  expect(lines.filter((line) => stretchAfter(`bucket_07: ${line}`) === undefined)).toEqual([REACHED.owned])
  for (const stretch of ['copy', 'follow', 'fence', 'switch', 'drop'] as const) {
    expect(stretchAfter(beginOf(stretch).says)).toBe(stretch)
  }
})

test('writes at a switch are those that were under way while the fence was up', () => {
  const said = [
    { at: 1_000, line: `bucket_07: ${REACHED.fenced}` },
    { at: 1_020, line: `bucket_07: ${REACHED.owned}` },
  ]
  const [early, within, across, late] = [lasting(10, 900), lasting(5, 1_010), lasting(500, 800), lasting(10, 1_100)]
  expect(writesAtSwitch([early, within, across, late], { said })).toEqual([within, across])
})

test('a write that waits too long at a switch is found, where others do not', () => {
  const others = [lasting(10), lasting(40)]
  expect(judgeWaits({ atSwitch: [lasting(100)], others })).toEqual([])
  expect(judgeWaits({ atSwitch: [lasting(130)], others })).toEqual([
    'a write waited 130 ms at a switch, and at most 100 ms are allowed; without one at most 40 ms',
  ])
  expect(judgeWaits({ atSwitch: [lasting(130)], others: [lasting(140)] })).toEqual([])
})

test('a write that waits too long for a mover that is gone is found', () => {
  expect(judgeGone([lasting(1_500)])).toEqual([])
  expect(judgeGone([lasting(1_600)])).toHaveLength(1)
})

describe('others', () => {
  const events = [
    { at: 20_000, what: 'bucket_07 begins to move --to', program: 'reshard' },
    { at: 60_000, what: 'bucket_07 has moved', program: 'reshard' },
    { at: 90_000, what: 'what was left behind begins to be dropped', program: 'reshard' },
  ]
  const sent = (ms: number, from: number, count: number): Sent[] =>
    Array.from({ length: count }, (_, index) => ({ operation: 'page', ...lasting(ms, from + index) }))

  it('are slower', () => {
    expect(judgeSlowdown([...sent(10, 19_000, 600), ...sent(15, 30_000, 600)], events)).toEqual([])
    expect(judgeSlowdown([...sent(10, 19_000, 600), ...sent(16, 30_000, 600)], events)).toEqual([
      'others were slower while buckets moved: p99 1.60 times what it was, and at most 1.5 are allowed',
    ])
  })
  it('are too few to say so', () => {
    expect(judgeSlowdown([...sent(10, 19_000, 400), ...sent(90, 30_000, 600)], events)).toEqual([])
  })
  it('are compared with the moment before the move, and not with what came earlier or later', () => {
    const around = [...sent(1, 10_000, 600), ...sent(99, 70_000, 600)]
    expect(judgeSlowdown([...around, ...sent(10, 19_000, 600), ...sent(15, 30_000, 600)], events)).toEqual([])
  })
})

test('requests that fail though their servers are there are found', () => {
  const events = [
    { at: 900, what: 'bucket_07 moves --to: copy', program: 'reshard', buckets: ['01', '07'] },
    { at: 1_000, what: 'KILL shard-1', program: 'shard-1' },
    { at: 1_050, what: 'shard-1 is gone', program: 'shard-1' },
    { at: 4_500, what: 'shard-1 runs again', program: 'shard-1' },
    { at: 5_000, what: 'shard-1 is whole again', program: 'shard-1' },
  ]
  const failed = (startedAt: number, customer: string): Sent => {
    return { operation: 'order', ...lasting(10, startedAt), customer, failure: 'status 503' }
  }
  expect(judgeFailures([failed(1_500, 'usr_a_01'), failed(6_500, 'usr_a_07')], events)).toEqual([])
  for (const one of [failed(7_500, 'usr_a_01'), failed(1_500, 'usr_a_02')])
    expect(judgeFailures([one], events)[0]).toBe('1 requests failed whose servers were there')
})

test('a bucket that was switched with a foreign row is found, and a mover that does not name it', () => {
  const end = { name: 'bucket_07', from: 'shard-1', to: 'shard-2' }
  expect(judgeEnd('shard-1', { ...end, told: '… cart_items ["usr_rogue","prd_00001"]' })).toEqual([])
  expect(judgeEnd('shard-2', { ...end, told: '' })).toEqual([
    'bucket_07 was switched with a row that somebody else wrote to shard-2',
    'the mover did not name the row that somebody else wrote to bucket_07',
  ])
})
