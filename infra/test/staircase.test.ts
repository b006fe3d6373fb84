import { expect, test } from 'vitest'
import { circlesIn, importsOf, rankOf, roomOf } from './staircase.ts'

test('finds what a file imports, types and later ones too', () => {
  const text =
    "import { a } from './a.ts'\nimport type { B } from '../b.ts'\nconst c = await import('./deep/c.ts')\nimport 'vitest'"
  expect(importsOf('apps/x/y.ts', text)).toEqual([
    ['apps/x/y.ts', 'apps/x/a.ts'],
    ['apps/x/y.ts', 'apps/b.ts'],
    ['apps/x/y.ts', 'apps/x/deep/c.ts'],
  ])
})

test('a module stands below the roof, and in the innermost room', () => {
  expect(rankOf('apps/orders/orders.ts')).toBeLessThan(rankOf('apps/shop/app.ts'))
  expect(roomOf('apps/lab/compare/judge/noise.ts')).toBe('apps/lab/compare/judge')
})

test('finds a circle, and none where there is none', () => {
  const line = [
    ['a', 'b'],
    ['b', 'c'],
    ['a', 'c'],
  ] as const
  expect(circlesIn(line)).toEqual([])
  expect(circlesIn([...line, ['c', 'a']])).toEqual([['a', 'b', 'c', 'a']])
})
