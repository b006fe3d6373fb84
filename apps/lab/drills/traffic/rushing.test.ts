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
  const untilSome = async () => {
    while (numbers.length <= 3) await sleep(10)
    return 'the work'
  }
  expect(await whileRushing(rush, { journey, times: 3, everyMs: 10 }, untilSome)).toBe('the work')
  const made = numbers.length
  await sleep(50)
  expect(numbers).toEqual(Array.from({ length: made }, (_, index) => index))
})
