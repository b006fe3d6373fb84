import { describe, expect, it } from 'vitest'
import type { FaultEvent } from '../fault-events.ts'
import type { Sent } from '../traffic/recording.ts'
import { killApp } from './kill-app.ts'

const EVENTS: FaultEvent[] = [
  { at: 1_000, what: 'KILL app-1', program: 'app-1' },
  { at: 1_050, what: 'app-1 is gone', program: 'app-1' },
  { at: 1_500, what: 'app-1 is back', program: 'app-1' },
]
/** Each app answers well before the kill and after it. */
const FINE = ['app-1', 'app-2', 'app-3'].flatMap((servedBy) => [
  sent({ startedAt: 500, endedAt: 520, servedBy }),
  sent({ startedAt: 1_600, endedAt: 1_620, servedBy }),
])

describe('after a kill', () => {
  const judge = (...failed: Partial<Sent>[]) => killApp.judge?.([...FINE, ...failed.map((one) => failure(one))], EVENTS) ?? []

  it.each<[string, Partial<Sent>]>([
    ['broke off at the kill', { startedAt: 990, endedAt: 1_010 }],
    ['was sent between the signal and the end', { startedAt: 1_020, endedAt: 1_060 }],
    ['began at the very end', { startedAt: 1_050, endedAt: 1_050 }],
    ['was in flight, and came to its time-out', { startedAt: 990, endedAt: 10_990 }],
    ['was in flight, and its balancer says so', { startedAt: 990, endedAt: 1_010, servedBy: 'edge', failure: 'status 502' }],
    ['was in flight, and had its status from the app that was killed', { startedAt: 990, endedAt: 1_010, servedBy: 'app-1' }],
    ['was a write that the edge had not given away yet', { startedAt: 1_299, endedAt: 1_310 }],
    ['was a page in flight', { operation: 'page', startedAt: 990, endedAt: 1_010 }],
  ])('a request may fail that %s', (_, failed) => {
    expect(judge(failed)).toEqual([])
  })

  it.each<[string, Partial<Sent>, string]>([
    ['had failed before it', { startedAt: 600, endedAt: 700 }, 'ended before the app was killed'],
    [
      'was a page that had failed before it',
      { operation: 'page', startedAt: 600, endedAt: 999 },
      'ended before the app was killed',
    ],
    [
      'was a page begun when the app was gone',
      { operation: 'page', startedAt: 1_051, endedAt: 1_070 },
      'began after the app was gone',
    ],
    ['began when the edge had taken it out', { startedAt: 1_301, endedAt: 1_320 }, 'began after the app was gone'],
    ['began when the app was back', { startedAt: 1_700, endedAt: 1_710 }, 'began after the app was gone'],
    ['another app answered', { startedAt: 990, endedAt: 1_010, servedBy: 'app-2' }, 'another app answered'],
  ])('no request may fail that %s', (_, failed, what) => {
    const [first, ...told] = judge(failed)
    expect(first).toBe(`1 requests failed that ${what}`)
    expect(told).toHaveLength(1)
  })

  it('tells each failure once, with when it began and who answered', () => {
    const wrong = judge(
      { startedAt: 600, endedAt: 700, servedBy: 'app-2', failure: 'status 500' },
      { operation: 'page', startedAt: 1_060, endedAt: 1_070 },
    )
    expect(wrong).toEqual([
      '1 requests failed that ended before the app was killed',
      'order, begun before the fault: status 500 from app-2',
      '1 requests failed that began after the app was gone',
      'page, begun 10 ms after "app-1 is gone": socket hang up',
    ])
  })

  it('all is wrong when nothing was killed', () => {
    expect(killApp.judge?.(FINE, [])).toEqual(['no app was killed'])
  })
})

function sent(one: Partial<Sent>): Sent {
  return { operation: 'order', startedAt: 0, endedAt: 10, ...one }
}

function failure(one: Partial<Sent>): Sent {
  return sent({ failure: 'socket hang up', ...one })
}
