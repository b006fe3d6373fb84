/** What drills say of services that hang, are slow, or whose answers get lost: planted here, one breach a case. */
import { describe, expect, it } from 'vitest'
import type { DrillName } from './drills.ts'
import type { FaultEvent } from './fault-events.ts'
import { at, failed, judge, sent } from './test-judge.ts'
import type { Sent } from './traffic/recording.ts'

const AWAY = [
  { ...at(1_000, 'STOP all of products', 'products'), service: { name: 'products', excuses: 'all' } },
  { ...at(5_000, 'CONT all of products', 'products'), service: { name: 'products', excuses: 'none' } },
] as const
/** What needs products fails while they are away, and comes back; all else goes on. */
const TOUCHED = [
  failed({ operation: 'order', startedAt: 2_000 }),
  sent({ operation: 'own orders', startedAt: 2_000, endedAt: 2_010 }),
  sent({ startedAt: 6_100, endedAt: 6_110 }),
]

const ONE_HUNG = [
  { ...at(1_000, 'STOP products-1', 'products-1'), service: { name: 'products', excuses: 'silence' } },
  { ...at(5_000, 'CONT products-1', 'products-1'), service: { name: 'products', excuses: 'none' } },
] as const
const SLOW_BANK = [
  { ...at(1_000, 'charges are quick', 'bank'), service: { name: 'payments', excuses: 'none' } },
  { ...at(6_000, 'each charge takes 2 s', 'bank'), service: { name: 'payments', excuses: 'all' } },
  { ...at(11_000, 'payments are asked again', 'bank'), service: { name: 'payments', excuses: 'none' } },
] as const
const UNPAID = [
  failed({ operation: 'payment', startedAt: 7_000 }),
  sent({ operation: 'payment', startedAt: 12_000, endedAt: 12_010 }),
]
const UNHEARD = [at(1_000, 'answers get lost', 'services'), at(9_000, 'answers come back again', 'services')]

type Case = readonly [DrillName, string, readonly FaultEvent[], readonly Sent[], string]

const PLANTED: readonly Case[] = [
  [
    'hang-service',
    'who asks the copy that hangs waits',
    ONE_HUNG,
    [failed({ startedAt: 1_100, endedAt: 2_300 }), sent({ startedAt: 3_000, endedAt: 3_010 })],
    '1 requests waited longer than 1000 ms, one page 1200 ms',
  ],
  [
    'hang-service',
    'the other copy answers nothing either',
    ONE_HUNG,
    [failed({ startedAt: 3_000, endedAt: 3_900 }), sent({ startedAt: 3_000, endedAt: 3_010 })],
    'of 2 requests 1 were answered while one copy of products hung',
  ],
  [
    'hang-service',
    'who asks a service that hangs waits to the end',
    AWAY,
    [...TOUCHED, failed({ startedAt: 2_000, endedAt: 11_500 })],
    '1 requests waited longer than 3000 ms, one page 9500 ms',
  ],
  [
    'slow-payments',
    'pages are slow with payments',
    SLOW_BANK,
    [...UNPAID, sent({ startedAt: 2_000, endedAt: 2_020 }), sent({ startedAt: 7_000, endedAt: 7_031 })],
    'the slowest of a hundred pages took 31 ms while payments were slow, and 20 ms while they were quick',
  ],
  [
    'slow-payments',
    'an order fails',
    SLOW_BANK,
    [...UNPAID, failed({ operation: 'order', startedAt: 7_000 })],
    '1 requests failed that need nothing of what was away then',
  ],
  [
    'lost-reply',
    'somebody fails who only looks',
    UNHEARD,
    [failed({ startedAt: 2_000 })],
    '1 requests failed that had no answer to lose',
  ],
  [
    'lost-reply',
    'an order fails when all answers come back',
    UNHEARD,
    [failed({ operation: 'order', startedAt: 10_001 })],
    '1 requests failed that had no answer to lose',
  ],
]

describe('finds that', () => {
  it.each(PLANTED)('%s: %s', (name, _, events, requests, expected) => {
    expect(judge(name, events, requests)).toContain(expected)
  })
})

describe('says nothing where all is well', () => {
  it.each<[DrillName, readonly FaultEvent[], readonly Sent[]]>([
    [
      'hang-service',
      ONE_HUNG,
      [
        failed({ startedAt: 1_100, endedAt: 2_000 }),
        sent({ startedAt: 3_000, endedAt: 3_010 }),
        sent({ startedAt: 6_000, endedAt: 6_010 }),
      ],
    ],
    [
      'slow-payments',
      SLOW_BANK,
      [...UNPAID, sent({ startedAt: 2_000, endedAt: 2_020 }), sent({ startedAt: 7_000, endedAt: 7_030 })],
    ],
    ['lost-reply', UNHEARD, [failed({ operation: 'order', startedAt: 2_000 }), sent({ startedAt: 2_000 })]],
  ])('%s', (name, events, requests) => {
    expect(judge(name, events, requests)).toEqual([])
  })
})
