/** What each drill says of its own fault, beside the rules for all of them: planted here, one breach a case. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { DRILLS, type DrillName } from './drills.ts'
import type { FaultEvent } from './fault-events.ts'
import { at, failed, judge, sent } from './test-judge.ts'
import type { Sent } from './traffic/recording.ts'

const KILL = [at(1_000, 'KILL it', 'it'), at(1_050, 'it is gone', 'it'), at(1_500, 'it runs again', 'it')]
const HANG = [at(1_000, 'STOP app-1', 'app-1'), at(12_000, 'CONT app-1', 'app-1'), at(12_000, 'app-1 is back', 'app-1')]
const CACHE = [
  at(1_000, 'STOP cache', 'cache'),
  at(4_000, 'KILL app-1', 'app-1'),
  at(4_050, 'app-1 is gone', 'app-1'),
  at(4_500, 'app-1 is back', 'app-1'),
  at(5_500, 'CONT cache', 'cache'),
]
const FULL = [at(1_000, 'the disk is full', 'disk'), at(6_000, 'there is room again', 'disk')]
const FINE = [sent({}), sent({ startedAt: 13_000, endedAt: 13_010 })]

const AWAY = [
  { ...at(1_000, 'KILL all of products', 'products'), service: { name: 'products', excuses: 'all' } },
  { ...at(5_000, 'all of products run again', 'products'), service: { name: 'products', excuses: 'none' } },
] as const
const ONE_AWAY = [{ ...at(1_000, 'KILL orders-1', 'orders-1'), service: { name: 'orders', excuses: 'in flight' } }] as const
/** What needs products fails while they are away, and comes back; all else goes on. */
const TOUCHED = [
  failed({ operation: 'order', startedAt: 2_000 }),
  sent({ operation: 'own orders', startedAt: 2_000, endedAt: 2_010 }),
  sent({ startedAt: 6_100, endedAt: 6_110 }),
]

type Case = readonly [DrillName, string, readonly FaultEvent[], readonly Sent[], string]

const PLANTED: readonly Case[] = [
  [
    'kill-edge',
    'it is back too late',
    KILL,
    [failed({ startedAt: 1_900 }), sent({ startedAt: 2_001, endedAt: 2_010 })],
    'it answered again after 1010 ms, and at most 1000 ms are allowed',
  ],
  [
    'kill-edge',
    'nobody is answered any more',
    KILL,
    [sent({ startedAt: 900, endedAt: 1_100 }), failed({ startedAt: 1_900 })],
    'nobody was answered any more once it was killed',
  ],
  [
    'kill-bank',
    'an order fails',
    KILL,
    [...FINE, failed({ operation: 'order', startedAt: 1_100 })],
    '1 requests failed that need no bank',
  ],
  [
    'kill-bank',
    'a payment fails when the bank is back',
    KILL,
    [...FINE, failed({ operation: 'payment', startedAt: 1_600 })],
    '1 requests failed that began after the bank was back',
  ],
  [
    'kill-bank',
    'no payment is answered any more',
    KILL,
    [...FINE, failed({ operation: 'payment', startedAt: 1_100 })],
    'no payment was answered once the bank was back',
  ],
  [
    'hang-app',
    'a page waits',
    HANG,
    [...FINE, sent({ startedAt: 1_100, endedAt: 2_300 })],
    '1 requests waited longer than 1000 ms, one page 1200 ms',
  ],
  [
    'hang-app',
    'a payment waits that is cut in the end',
    HANG,
    [...FINE, failed({ operation: 'payment', startedAt: 1_100, endedAt: 4_100 })],
    '1 requests waited longer than 1000 ms, one payment 3000 ms',
  ],
  ['hang-app', 'the woken app serves nobody', HANG, [sent({})], 'app-1 has answered nothing since it is back'],
  [
    'hang-cache',
    'a page fails while the cache is silent',
    CACHE,
    [...FINE, failed({ startedAt: 2_000, endedAt: 2_010 })],
    '1 requests failed that ended before the app was killed',
  ],
  ['hang-cache', 'the killed app serves nobody', CACHE, [sent({})], 'app-1 has answered nothing since it is back'],
  [
    'full-disk',
    'an app ends',
    [...FULL, at(9_000, 'app-1 ended for want of room', 'app-1')],
    FINE,
    'app-1 ended for want of room',
  ],
  ['full-disk', 'nothing is refused', FULL, FINE, 'nothing was refused while the disk was full'],
  [
    'hang-primary',
    'the woken primary takes a write',
    [at(1_000, 'STOP primary', 'primary'), at(9_000, 'primary took a write after it was replaced', 'primary')],
    FINE,
    'primary took a write after it was replaced',
  ],
  [
    'kill-service',
    'an own order fails that needs another service',
    AWAY,
    [...TOUCHED, failed({ operation: 'own order', startedAt: 2_000 })],
    '1 requests failed that need nothing of what was away then',
  ],
  [
    'kill-service',
    'a page fails when products are back',
    AWAY,
    [...TOUCHED, failed({ startedAt: 6_100 })],
    '1 requests failed that need nothing of what was away then',
  ],
  [
    'kill-service',
    'products answer nothing any more',
    AWAY,
    TOUCHED.slice(0, 2),
    'products has answered nothing since it is back',
  ],
  ['kill-database', 'nothing fails', AWAY, TOUCHED.slice(1), 'nothing failed while products was away'],
  [
    'kill-database',
    'nothing else is answered',
    AWAY,
    [...TOUCHED.slice(0, 1), ...TOUCHED.slice(2)],
    'nothing else was answered while products was away',
  ],
  [
    'kill-service',
    'another copy does not answer',
    ONE_AWAY,
    [failed({ operation: 'own orders', startedAt: 1_300 })],
    '1 requests failed that need nothing of what was away then',
  ],
  [
    'kill-catalogue-primary',
    'a payment fails',
    [at(1_000, 'KILL primary', 'primary')],
    [...FINE, failed({ operation: 'payment', startedAt: 1_100 })],
    '1 requests failed that write nothing to the catalogue',
  ],
  [
    'lag-replica',
    'the replica is read from all the time',
    [at(1_000, 'replica-1 stands still', 'replica-1')],
    FINE,
    'the replica that stood still was read from all the time',
  ],
]

describe('finds that', () => {
  it.each(PLANTED)('%s: %s', (name, _, events, requests, expected) => {
    expect(judge(name, events, requests)).toContain(expected)
  })
})

describe('says nothing where all is well', () => {
  it.each<[DrillName, readonly FaultEvent[], readonly Sent[]]>([
    ['kill-edge', KILL, [failed({ startedAt: 1_900 }), sent({ startedAt: 1_950, endedAt: 1_990 })]],
    [
      'kill-bank',
      KILL,
      [...FINE, failed({ operation: 'slow payment', startedAt: 1_100 }), sent({ operation: 'payment', startedAt: 1_600 })],
    ],
    ['hang-app', HANG, [...FINE, sent({ operation: 'slow payment', startedAt: 1_100, endedAt: 3_300 })]],
    ['hang-app', HANG, [...FINE, sent({ startedAt: 900, endedAt: 1_950 })]],
    ['hang-cache', CACHE, [...FINE, failed({ startedAt: 3_990, endedAt: 4_010 })]],
    ['kill-catalogue-primary', KILL, [...FINE, failed({ operation: 'order', startedAt: 1_100 })]],
    ['kill-service', AWAY, TOUCHED],
    ['kill-service', ONE_AWAY, [failed({ operation: 'payment', startedAt: 1_200 })]],
    ['full-disk', FULL, [...FINE, failed({ operation: 'payment', startedAt: 2_000 })]],
  ])('%s', (name, events, requests) => {
    expect(judge(name, events, requests)).toEqual([])
  })
})

it("full-disk is refused where the disk may be everybody's", () => {
  const stage = { secretsFile: join(import.meta.dirname, 'secrets.json') } as StageState
  expect(DRILLS['full-disk'].missing(stage)).toMatch(/needs OUTGROW_DATA on a file system of its own of at most 2 GiB/)
})
