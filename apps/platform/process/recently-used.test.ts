import { expect, test } from 'vitest'
import { recentlyUsed } from './recently-used.ts'

test('what was used least recently goes first', () => {
  const letters = recentlyUsed<true>(3)
  for (const letter of ['a', 'b', 'c']) letters.set(letter, true)
  letters.get('a')
  letters.set('d', true)
  expect([...letters.keys()]).toEqual(['d', 'a', 'c'])
})

test('an empty one takes no room for what it may hold', () => {
  const before = process.memoryUsage().heapUsed
  const many = Array.from({ length: 10 }, () => recentlyUsed<true>(100_000))
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(4_000_000)
  expect(many).toHaveLength(10)
})
