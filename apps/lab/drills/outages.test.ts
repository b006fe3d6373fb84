import { describe, expect, it } from 'vitest'
import type { FaultEvent } from './fault-events.ts'
import { judgeOutages, outagesOf } from './outages.ts'
import type { Operation, Sent } from './traffic/recording.ts'

const EVENTS: FaultEvent[] = [{ at: 1_000, what: 'KILL primary', program: 'primary' }]
/** An answer of each kind every 100 ms, from before the fault until long after it. */
const STEADY = every(100, ['order', 'page', 'who am I'])
const LIMITS = { writes: 2_000, pages: 500, loggedIn: 0 }

const without = (operation: Operation, from: number, to: number) =>
  STEADY.filter((one) => one.operation !== operation || one.endedAt < from || one.endedAt > to)

describe('an outage', () => {
  it('is the longest time without a success after the fault', () => {
    expect(outagesOf(load(STEADY), EVENTS)).toEqual({ writes: 100, pages: 100, loggedIn: 100 })
    expect(outagesOf(load(without('order', 1_050, 3_550)), EVENTS)).toEqual({ writes: 2_600, pages: 100, loggedIn: 100 })
  })
  it('begins with the fault at the earliest', () => {
    expect(outagesOf(load(without('page', 500, 1_350)), EVENTS).pages).toBe(400)
  })
  it('lasts to the end where nothing succeeds again', () => {
    const failing = STEADY.map((one) =>
      one.operation === 'order' && one.endedAt > 1_000 ? { ...one, failure: 'status 503' } : one,
    )
    expect(outagesOf(load(failing), EVENTS).writes).toBe(4_990)
  })
  it('does not count the pauses of what is asked afterwards', () => {
    const afterwards = { operation: 'order', startedAt: 9_000, endedAt: 9_010 } as const
    expect(outagesOf({ sent: [...STEADY, afterwards], stoppedAt: 6_000 }, EVENTS).writes).toBe(100)
  })
  it('lasts to the end of the load where nothing is sent', () => {
    expect(outagesOf({ sent: [], stoppedAt: 6_000 }, EVENTS)).toEqual({ writes: 5_000, pages: 5_000, loggedIn: 5_000 })
    expect(outagesOf({ sent: without('page', 2_000, 6_000), stoppedAt: 6_000 }, EVENTS).pages).toBe(4_100)
  })
  it('ends with no failed answer', () => {
    const sent = [...without('order', 1_050, 3_550), failure({ startedAt: 2_000, endedAt: 2_100 })]
    expect(outagesOf(load(sent), EVENTS).writes).toBe(2_600)
  })
})

describe('the judge', () => {
  it.each<[string, Sent[]]>([
    ['all is well', STEADY],
    ['an outage is as long as is allowed', without('order', 1_050, 2_950)],
    ['a request fails within the limit', [...STEADY, failure({ startedAt: 2_990, endedAt: 12_990 })]],
    ['a request fails that was under way at the fault', [...STEADY, failure({ startedAt: 990, endedAt: 1_010 })]],
    [
      'a session is not known, which its own history judges',
      [...STEADY, failure({ operation: 'who am I', startedAt: 3_100, endedAt: 3_110, failure: 'status 401' })],
    ],
    [
      'a log-out is refused for a session that is lost, which its own history judges',
      [...STEADY, failure({ operation: 'log-out', startedAt: 3_100, endedAt: 3_110, failure: 'status 401' })],
    ],
    ['a page fails within its own limit', [...STEADY, failure({ operation: 'page', startedAt: 1_400, endedAt: 1_410 })]],
  ])('says nothing where %s', (_, sent) => {
    expect(judgeOutages(load(sent), EVENTS, LIMITS)).toEqual([])
  })

  it.each<[string, Sent[], string]>([
    ['an outage is too long', without('order', 1_050, 3_550), 'writes: an outage of 2600 ms, and at most 2000 ms are allowed'],
    [
      'what may not fail is silent',
      without('who am I', 1_050, 3_250),
      'logged-in reads: an outage of 2300 ms, and at most 2000 ms are allowed',
    ],
    [
      'a request fails later',
      [...STEADY, failure({ startedAt: 3_001, endedAt: 3_010 })],
      'writes: 1 requests failed before the fault or begun more than 2000 ms after it',
    ],
    [
      'a log-out fails later',
      [...STEADY, failure({ operation: 'log-out', startedAt: 3_001, endedAt: 3_010 })],
      'writes: 1 requests failed before the fault or begun more than 2000 ms after it',
    ],
    [
      'a request had failed before',
      [...STEADY, failure({ startedAt: 900, endedAt: 999 })],
      'writes: 1 requests failed before the fault or begun more than 2000 ms after it',
    ],
    [
      'a kind fails that may not, and was under way',
      [...STEADY, failure({ operation: 'own order', startedAt: 990, endedAt: 1_010 })],
      'logged-in reads: 1 requests failed that the fault does not touch',
    ],
    [
      'a kind fails at once that may not fail',
      [...STEADY, failure({ operation: 'own order', startedAt: 1_001, endedAt: 1_010 })],
      'logged-in reads: 1 requests failed that the fault does not touch',
    ],
    [
      'every log-in is refused',
      [...STEADY, ...every(100, ['log-in']).map((one) => failure({ ...one, failure: 'status 401' }))],
      'writes: 40 requests failed before the fault or begun more than 2000 ms after it',
    ],
    ['nobody orders after the fault', without('order', 1_000, 6_000), 'writes: nothing was sent after the fault'],
    ['nothing is sent at all', [], 'writes: nothing was sent after the fault'],
  ])('finds that %s', (_, sent, expected) => {
    expect(judgeOutages(load(sent), EVENTS, LIMITS)[0]).toBe(expected)
  })

  it('finds that no fault was made', () => {
    expect(judgeOutages(load(STEADY), [], LIMITS)).toEqual(['no fault was made'])
  })

  it('tells five failures with when they began and who answered, and how many more there are', () => {
    const many = Array.from({ length: 7 }, () => failure({ startedAt: 3_010, endedAt: 3_020, servedBy: 'app-2' }))
    const wrong = judgeOutages(load([...STEADY, ...many]), EVENTS, LIMITS)
    expect(wrong).toHaveLength(7)
    expect(wrong.slice(-2)).toEqual(['order, begun 2010 ms after "KILL primary": status 503 from app-2', '… and 2 more'])
  })
})

function every(stepMs: number, operations: readonly Operation[]): Sent[] {
  const times = Array.from({ length: 61 }, (_, index) => index * stepMs)
  return operations.flatMap((operation) => times.map((endedAt) => ({ operation, startedAt: endedAt - 10, endedAt })))
}

function load(sent: Sent[]) {
  return { sent, stoppedAt: 5_990 }
}

function failure(one: Partial<Sent>): Sent {
  return { operation: 'order', startedAt: 0, endedAt: 10, failure: 'status 503', ...one }
}
