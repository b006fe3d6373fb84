import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Crowd } from './crowd.ts'
import type { Journey } from './journeys.ts'
import { whileRushing } from './rushing.ts'

test('each journey of a rush has a number of its own, and none begins when the work is over', async () => {
  const numbers: number[] = []
  const journey: Journey = async (_crowd, index) => void numbers.push(index)
  const rush = (one: Journey, times: number) => {
    for (let index = 0; index < times; index += 1) void one({} as Crowd, index)
  }
  expect(await whileRushing(rush, { journey, times: 3, everyMs: 10 }, () => sleep(100, 'the work'))).toBe('the work')
  const made = numbers.length
  await sleep(50)
  expect(made).toBeGreaterThan(3)
  expect(numbers).toEqual(Array.from({ length: made }, (_, index) => index))
})
