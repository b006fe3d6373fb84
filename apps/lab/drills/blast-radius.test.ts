import { describe, expect, it } from 'vitest'
import { bucketNames, bucketOfEmail } from '../../platform/process/buckets.ts'
import { CUSTOMERS } from './blast-radius.ts'
import type { FaultEvent } from './fault-events.ts'
import { hangShard } from './faults/hang-shard.ts'
import { killShard } from './faults/kill-shard.ts'
import type { Sent } from './traffic/recording.ts'
import { spreadShoppers } from './traffic/spread-shoppers.ts'

const LOST = bucketNames().slice(16, 32)
const at = (time: number, what: string): FaultEvent => ({ at: time, what, program: 'shard-2', buckets: LOST })
const KILL = [at(1_000, 'KILL'), at(1_050, 'gone'), at(9_000, 'starts again'), at(12_000, 'runs again')]
const HANG = [at(1_000, 'STOP'), at(9_000, 'CONT')]

const emails = spreadShoppers(CUSTOMERS)
const isLost = (email: string) => LOST.includes(bucketOfEmail(email))
const own = emails.find(isLost) ?? ''
const other = emails.find((email) => !isLost(email)) ?? ''
const sent = (one: Partial<Sent>): Sent => ({ operation: 'order', customer: own, startedAt: 2_000, endedAt: 2_010, ...one })
const failed = (one: Partial<Sent>): Sent => ({ ...sent(one), failure: 'status 503' })

/** Everybody comes for everything, and just the lost server's customers are told no. */
const AS_PROMISED = emails.flatMap((customer) =>
  (['log-in', 'order', 'payment', 'cart'] as const).map((operation) =>
    isLost(customer) ? failed({ operation, customer }) : sent({ operation, customer }),
  ),
)
const judge = (...more: Sent[]) => killShard.judge?.([...AS_PROMISED, ...more], KILL)

it('the crowd is of every bucket, and nobody is in it twice', () => {
  expect(new Set(emails).size).toBe(CUSTOMERS)
  expect(new Set(emails.map(bucketOfEmail)).size).toBe(bucketNames().length)
})

describe('nothing is wrong where', () => {
  it.each<[string, Sent]>([
    ['one of its customers is told no before the server is seen to be back', failed({ startedAt: 12_900, endedAt: 12_910 })],
    ['the cache has the cart of one of its customers', sent({ operation: 'own cart' })],
    ['nobody can log one of its customers out', failed({ operation: 'log-out' })],
    ['somebody was served while it died', sent({ startedAt: 1_020, endedAt: 1_040 })],
    ['somebody sees a page', sent({ operation: 'page' })],
  ])('%s', (_, one) => {
    expect(judge(one)).toEqual([])
    expect(hangShard.judge?.(AS_PROMISED, HANG)).toEqual([])
  })
})

it('nothing is wrong where the other server of a group has answered', () => {
  const [killed = at(0, ''), ...later] = KILL
  expect(killShard.judge?.([...AS_PROMISED, sent({})], [{ ...killed, isReplaced: true }, ...later])).toEqual([])
})

const NOTHING_OF_IT = '1 requests failed that need nothing of shard-2, or not then'
describe('finds that', () => {
  it.each<[string, Sent, string]>([
    ['somebody else’s order fails', failed({ customer: other }), NOTHING_OF_IT],
    ['a page fails', failed({ operation: 'page', customer: own }), NOTHING_OF_IT],
    ['a page of nobody fails', { operation: 'page', startedAt: 2_000, endedAt: 2_010, failure: 'status 503' }, NOTHING_OF_IT],
    ['its customers’ sessions are unknown', failed({ operation: 'who am I' }), NOTHING_OF_IT],
    ['its customers are told no before it dies', failed({ startedAt: 500, endedAt: 510 }), NOTHING_OF_IT],
    ['its customers are told no when it is back', failed({ startedAt: 13_100, endedAt: 13_110 }), NOTHING_OF_IT],
    ['an order of a dead server is acknowledged', sent({}), '1 requests were answered that only shard-2 can answer'],
  ])('%s', (_, one, finding) => {
    expect(judge(one)?.[0]).toBe(finding)
  })

  it('too few customers were seen, or of too few buckets, or for too little', () => {
    const rule = (keep: (one: Sent) => boolean) => killShard.judge?.(AS_PROMISED.filter(keep), KILL)
    expect(rule(({ customer }) => customer !== own)).toContain('199 customers were seen, and 200 are needed')
    const bucket = bucketOfEmail(own)
    expect(rule(({ customer = '' }) => bucketOfEmail(customer) !== bucket)).toContain(
      `no customer of the buckets ${bucket} was seen`,
    )
    expect(rule(({ operation, customer = '' }) => operation !== 'cart' || !isLost(customer))).toEqual([
      'no cart of its own customers was seen',
    ])
    expect(rule(({ operation, customer = '' }) => operation !== 'payment' || isLost(customer))).toEqual([
      'no payment of anybody else was seen',
    ])
  })

  it('somebody is told late that the server hangs', () => {
    const late = failed({ startedAt: 2_000, endedAt: 3_200 })
    expect(hangShard.judge?.([...AS_PROMISED, late], HANG)).toEqual(['1 requests waited longer than 1000 ms, one order 1200 ms'])
  })

  it('no fault was made', () => {
    expect(killShard.judge?.(AS_PROMISED, [])).toEqual(['no server was killed'])
    expect(hangShard.judge?.(AS_PROMISED, [])).toEqual(['no server was stopped'])
  })
})
