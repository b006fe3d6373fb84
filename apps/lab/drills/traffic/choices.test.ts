import { expect, it } from 'vitest'
import { drawsOf } from '../../../../loadtests/popularity.ts'
import { randomDrills } from '../random.ts'
import { oneOf, shuffled } from './choices.ts'

const ITEMS = Array.from({ length: 20 }, (_, index) => index)

it('a seed chooses the same again, and another one something else', () => {
  const chosen = (seed: number) => {
    const draw = drawsOf(seed, 0)
    return [
      shuffled(ITEMS, draw),
      ITEMS.map(() => oneOf(ITEMS, draw)),
      randomDrills(['kill-app', 'hang-app'], draw).take(20).toArray(),
    ]
  }
  expect(chosen(1)).toEqual(chosen(1))
  for (const [at, part] of chosen(1).entries()) expect(part).not.toEqual(chosen(2)[at])
})

it('nothing is chosen twice in a shuffle, nor left out', () => {
  expect(shuffled(ITEMS, drawsOf(3, 0)).toSorted((one, other) => one - other)).toEqual(ITEMS)
})

it('where there is nothing nothing can be chosen', () => {
  expect(() => oneOf([], drawsOf(1, 0))).toThrow('nothing to choose from')
})
