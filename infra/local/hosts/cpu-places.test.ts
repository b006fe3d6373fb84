import { expect, test } from 'vitest'
import { CpuPlaces } from './cpu-places.ts'

test('a CPU is filled before the next, and what does not fit goes where the most is left', () => {
  const places = new CpuPlaces([2, 3])
  expect(['a', 'b', 'c', 'd', 'e'].map((host) => places.give(host, 0.4))).toEqual([2, 2, 3, 3, 2])
})

test('a host that is given its size again stays where it is', () => {
  const places = new CpuPlaces([0, 1])
  places.give('a', 0.7)
  places.give('b', 0.7)
  expect([places.give('a', 0.2), places.of('a'), places.of('c')]).toEqual([0, 0, undefined])
})

test('one with work for more than one CPU has none of its own', () => {
  expect(new CpuPlaces([0, 1]).give('large', 1.5)).toBeUndefined()
})
