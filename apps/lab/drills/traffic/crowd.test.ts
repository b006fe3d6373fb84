import { expect, test } from 'vitest'
import { type Crowd, mayComeIn } from './crowd.ts'

const MINUTE_MS = 60_000
const crowd = (left: number, endsInMs: number) =>
  ({ client: { logIns: { left, endsAt: performance.now() + endsInMs } } }) as Crowd

test('who is in no hurry leaves the last log-ins of a minute to those who must be seen to log in', () => {
  expect(mayComeIn(crowd(31, MINUTE_MS))).toBe(true)
  expect(mayComeIn(crowd(30, MINUTE_MS))).toBe(false)
  expect(mayComeIn(crowd(0, -1))).toBe(true)
})
