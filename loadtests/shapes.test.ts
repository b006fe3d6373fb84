import { expect, test } from 'vitest'
import { busiestMinute, type Load, scenariosOf } from './shapes.ts'

const load: Load = { shape: 'steady', rate: 20, durationS: 30, warmUpS: 0, p95Ms: 250, thinkMs: 0 }

test('steady load has one measured scenario at its rate, to a tenth of a journey a second', () => {
  const { measured, ...others } = scenariosOf({ ...load, rate: 2.5 })
  expect(others).toEqual({})
  expect(measured).toMatchObject({ startTime: '0s', startRate: 25, timeUnit: '10s', stages: [{ target: 25, duration: '30s' }] })
})

test('warm-up comes before the measured part', () => {
  const { warm_up, measured } = scenariosOf({ ...load, warmUpS: 5 })
  expect(warm_up).toMatchObject({ startTime: '0s', stages: [{ target: 200, duration: '5s' }] })
  expect(measured?.startTime).toBe('5s')
})

test('a spike is ten times the rate for ten seconds and as long as asked in all', () => {
  const stages = scenariosOf({ ...load, shape: 'spike', durationS: 60 }).measured?.stages ?? []
  expect(stages.filter(({ target }) => target === 2_000).map(({ duration }) => duration)).toEqual(['0s', '10s'])
  expect(stages.map(({ duration }) => Number.parseInt(duration, 10)).reduce((sum, seconds) => sum + seconds, 0)).toBe(60)
})

test('virtual users suffice for journeys twice as slow as allowed, think time included', () => {
  const users = (changes: Partial<Load>) => scenariosOf({ ...load, ...changes }).measured?.preAllocatedVUs
  expect(users({ rate: 200 })).toBe(100)
  expect(users({ rate: 200, thinkMs: 100 })).toBe(300)
  expect(users({ rate: 1 })).toBe(20)
})

test('the busiest minute counts warm-up and finds the spike', () => {
  expect(busiestMinute(load)).toBe(600)
  expect(busiestMinute({ ...load, warmUpS: 5 })).toBe(700)
  expect(busiestMinute({ ...load, durationS: 300 })).toBe(1_200)
  expect(busiestMinute({ ...load, shape: 'spike', durationS: 300 })).toBe(20 * 50 + 200 * 10)
  expect(busiestMinute({ ...load, shape: 'ramp', durationS: 60 })).toBeCloseTo(20 * 60 * 0.55)
})
