import { expect, test } from 'vitest'
import { ulid } from './ids.ts'

test('an id made later sorts later', () => {
  const ids = [1, 2, 1_000, 1_763_000_000_000, 281_474_976_710_655].map((time) => ulid(time))
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids.map((id) => id.length))).toEqual(new Set([26]))
})

test('ids of one millisecond differ', () => {
  expect(new Set(Array.from({ length: 1_000 }, () => ulid(7))).size).toBe(1_000)
})
