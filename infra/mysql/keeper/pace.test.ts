import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pace } from './pace.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** When it stepped, in milliseconds, and whether late. */
function paced(isCalm: () => boolean) {
  const steps: [number, boolean][] = []
  const pace = new Pace((isLate) => {
    steps.push([performance.now(), isLate])
    return { isCalm: isCalm() }
  })
  const began = performance.now()
  pace.start()
  return { pace, at: () => steps.map(([at]) => at - began), late: () => steps.map(([, isLate]) => isLate) }
}

test('steps are rare while all answer, less so where an answer is owed, and quick while anything is wrong', () => {
  let isCalm = true
  const { pace, at } = paced(() => isCalm)
  vi.advanceTimersByTime(5)
  pace.rest()
  vi.advanceTimersByTime(595)
  expect(at()).toEqual([0, 600])
  vi.advanceTimersByTime(310)
  expect(at()).toEqual([0, 600, 910])
  isCalm = false
  vi.advanceTimersByTime(510)
  expect(at()).toEqual([0, 600, 910, 1_220, 1_320, 1_420])
})

test('who is lost in a calm is looked for at once, and no more often than without one', () => {
  let isCalm = true
  const { pace, at } = paced(() => isCalm)
  vi.advanceTimersByTime(20)
  isCalm = false
  pace.hurry()
  // What another one answers makes nothing well.
  pace.rest()
  vi.advanceTimersByTime(50)
  pace.hurry()
  vi.advanceTimersByTime(150)
  expect(at()).toEqual([0, 120, 220])
})

test('who is lost while all rest is looked for at once too', () => {
  const { pace, at } = paced(() => true)
  pace.rest()
  vi.advanceTimersByTime(20)
  pace.hurry()
  vi.advanceTimersByTime(150)
  expect(at()).toEqual([0, 120])
})

test('a step says whether it comes late, and after the end there is none', () => {
  const { pace, at, late } = paced(() => true)
  pace.rest()
  vi.advanceTimersByTime(600)
  expect(late()).toEqual([true, false])
  pace.stop()
  pace.rest()
  pace.hurry()
  vi.advanceTimersByTime(1_000)
  expect(at()).toEqual([0, 600])
})
