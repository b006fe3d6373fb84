import { expect, it } from 'vitest'
import type { FaultEvent } from './fault-events.ts'
import { killApp } from './faults/kill-app.ts'
import { rollingRestart } from './faults/rolling-restart.ts'
import { backNow, silentSince } from './returned.ts'
import type { Sent } from './traffic/recording.ts'

const EVENTS: FaultEvent[] = [
  { at: 1_000, what: 'KILL app-1', program: 'app-1' },
  { at: 1_050, what: 'app-1 is gone', program: 'app-1' },
  { at: 1_500, what: 'app-1 is back', program: 'app-1' },
]
const before = sent('app-1', 500)
const other = sent('app-2', 1_600)
const NEVER = 'app-1 has answered nothing since it is back'

it.each<[string, Sent[]]>([
  ['it answered before alone', [before, other]],
  ['it failed alone', [before, other, { ...sent('app-1', 1_600), failure: 'status 503' }]],
  ['its answer was under way already', [before, other, { ...sent('app-1', 1_499), endedAt: 1_600 }]],
])('a copy that is back serves nobody when %s', (_, answers) => {
  expect(silentSince(answers, EVENTS)).toEqual([NEVER])
  expect(killApp.judge?.(answers, EVENTS)).toContain(NEVER)
  expect(rollingRestart.judge?.(answers, EVENTS)).toContain(NEVER)
})

it('a copy that is back serves again', () => {
  expect(silentSince([before, sent('app-1', 1_501)], EVENTS)).toEqual([])
})

it('only a copy that said that it is back is waited for', () => {
  expect(silentSince([before], [{ at: 1_000, what: 'worker runs again', program: 'worker' }])).toEqual([])
  expect(silentSince([], [backNow('app-1')])).toEqual([NEVER])
})

function sent(servedBy: string, startedAt: number): Sent {
  return { operation: 'page', startedAt, endedAt: startedAt + 10, servedBy }
}
