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

test('steps are rare while all is calm, and quick while it is not', () => {
  let isCalm = true
  const { at } = paced(() => isCalm)
  vi.advanceTimersByTime(620)
  expect(at()).toEqual([0, 310, 620])
  isCalm = false
  vi.advanceTimersByTime(510)
  expect(at()).toEqual([0, 310, 620, 930, 1_030, 1_130])
})

test('who is lost in a calm is looked for at once, and no more often than without one', () => {
  let isCalm = true
  const { pace, at } = paced(() => isCalm)
  vi.advanceTimersByTime(20)
  isCalm = false
  pace.hurry()
  vi.advanceTimersByTime(50)
  pace.hurry()
  vi.advanceTimersByTime(150)
  expect(at()).toEqual([0, 120, 220])
})

test('a step says whether it comes late, and after the end there is none', () => {
  const { pace, at, late } = paced(() => true)
  vi.advanceTimersByTime(310)
  expect(late()).toEqual([true, false])
  pace.stop()
  pace.hurry()
  vi.advanceTimersByTime(1_000)
  expect(at()).toEqual([0, 310])
})
