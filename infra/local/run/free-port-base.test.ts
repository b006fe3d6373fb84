import { expect, it } from 'vitest'
import { freePortBase } from './free-port-base.ts'

it('never gives two tests ports that overlap', async () => {
  const bases = await Promise.all(Array.from({ length: 8 }, freePortBase))
  const sorted = bases.toSorted((a, b) => a - b)
  const gaps = sorted.slice(1).map((base, index) => base - (sorted[index] ?? 0))
  expect(gaps.every((gap) => gap >= 700)).toBe(true)
})
