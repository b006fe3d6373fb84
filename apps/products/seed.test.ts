import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { CATEGORIES, demoProducts, PRODUCTS } from './seed.ts'

const products = demoProducts()

test('the catalogue is the same on every machine', () => {
  expect(createHash('sha256').update(JSON.stringify(products)).digest('hex').slice(0, 16)).toMatchInlineSnapshot(
    `"05ef78e014f36313"`,
  )
})

test('every category has products, and popularity falls as 1 / rank', () => {
  expect(products).toHaveLength(PRODUCTS)
  expect(new Set(products.map(({ category_id }) => category_id)).size).toBe(CATEGORIES)
  const [first, , , , , , , , , tenth] = products
  expect((first?.popularity ?? 0) / (tenth?.popularity ?? 1)).toBeCloseTo(10, 2)
})
