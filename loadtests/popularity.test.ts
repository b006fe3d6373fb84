import { describe, expect, test } from 'vitest'
import { CATEGORIES, drawsOf, PRODUCTS, popularCategory, popularProduct, zipf } from './popularity.ts'

describe('zipf', () => {
  test('gives the first rank at the start and the last at the end', () => {
    expect(zipf(0, PRODUCTS)).toBe(1)
    expect(zipf(1 - 2 ** -32, PRODUCTS)).toBe(PRODUCTS)
    expect(zipf(1 - 2 ** -32, CATEGORIES)).toBe(CATEGORIES)
  })

  test('draws every rank within a hundredth of the exact law, and the head in its order', () => {
    const harmonic = Array.from({ length: PRODUCTS }, (_, index) => 1 / (index + 1)).reduce((sum, part) => sum + part, 0)
    const counts = new Map<number, number>()
    const draws = 100_000
    for (let step = 0; step < draws; step++) {
      const rank = zipf((step + 0.5) / draws, PRODUCTS)
      counts.set(rank, (counts.get(rank) ?? 0) + 1)
    }
    const shares = [1, 2, 3, 10, 100].map((rank) => ({
      rank,
      drawn: (counts.get(rank) ?? 0) / draws,
      exact: 1 / (rank * harmonic),
    }))
    for (const { drawn, exact } of shares) expect(Math.abs(drawn - exact)).toBeLessThan(0.01)
    expect(shares.map(({ drawn }) => drawn)).toEqual(shares.map(({ drawn }) => drawn).toSorted((a, b) => b - a))
    expect(shares[0]?.drawn).toBeGreaterThan(0.09)
  })
})

describe('drawsOf', () => {
  const first = (seed: number, journey: number) => Array.from({ length: 8 }, drawsOf(seed, journey))

  test('repeats for the same seed and journey and differs for another', () => {
    expect(first(1, 7)).toEqual(first(1, 7))
    expect(first(1, 7)).not.toEqual(first(1, 8))
    expect(first(2, 7)).not.toEqual(first(1, 7))
  })

  test('spreads the first numbers of neighbouring journeys evenly', () => {
    const tenths = new Array<number>(10).fill(0)
    for (let journey = 0; journey < 20_000; journey++) {
      const tenth = Math.floor(drawsOf(1, journey)() * 10)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(200)
  })
})

test('products and categories are named as the seed names them', () => {
  expect(popularProduct(() => 0)).toBe('prd_00001')
  expect(popularProduct(() => 1)).toBe('prd_10000')
  expect(popularCategory(() => 0)).toBe('cat_01')
  expect(popularCategory(() => 1)).toBe('cat_50')
})
