import { expect, test } from 'vitest'
import { evenSteps } from './spread.ts'

const having = (...counts: number[]) =>
  new Map(counts.map((count, server) => [`s${server + 1}`, Array.from({ length: count }, (_, index) => `${server + 1}${index}`)]))
const after = (before: ReadonlyMap<string, readonly string[]>, steps: ReturnType<typeof evenSteps>) =>
  [...before].map(([server, buckets]) => {
    const [gone, come] = [steps.filter(({ from }) => from === server), steps.filter(({ to }) => to === server)]
    return buckets.length - gone.length + come.length
  })

test.each<[number[], number[], number]>([
  [[16, 16, 16, 16, 0], [13, 13, 13, 13, 12], 12],
  [[64, 0], [32, 32], 32],
  [[21, 22, 21], [21, 22, 21], 0],
])('%j become %j by %i moves', (before, even, moves) => {
  const steps = evenSteps(having(...before))
  expect(steps).toHaveLength(moves)
  expect(after(having(...before), steps).toSorted()).toEqual(even.toSorted())
  expect(new Set(steps.map(({ bucket }) => bucket)).size).toBe(moves)
})

test('who leaves gives all it has, and nobody else gives any', () => {
  const steps = evenSteps(having(5, 3, 4), ['s1'])
  expect(steps.every(({ from }) => from === 's1')).toBe(true)
  expect(after(having(5, 3, 4), steps)).toEqual([0, 6, 6])
})
