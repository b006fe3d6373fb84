import { beforeAll, expect, inject, test } from 'vitest'
import { demoDatabase } from '../fixtures/shop-database.ts'
import { makeProducts, ORDERS, type StoredProducts } from './products.ts'
import type { ListedProduct, Sort } from './schemas.ts'

let products: StoredProducts

beforeAll(async () => {
  const databases = await demoDatabase(inject('databaseUrl'))
  products = makeProducts(databases)
  return databases.close
})

async function walk(category: string, sort: Sort): Promise<ListedProduct[]> {
  const found: ListedProduct[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await products.list({ category, sort, limit: 50, ...(cursor && { cursor }) })
    found.push(...page.items)
    cursor = page.nextCursor
  }
  return found
}

test.each(Object.keys(ORDERS) as Sort[])('pages of a category by %s hold each product once', async (sort) => {
  const found = await walk('cat_07', sort)
  expect(found.length).toBeGreaterThan(150)
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
  expect(new Set(found.map(({ categoryId }) => categoryId))).toEqual(new Set(['cat_07']))
  const prices = found.map(({ priceCents }) => priceCents)
  if (sort === 'price') expect(prices).toEqual(prices.toSorted((one, other) => one - other))
  if (sort === '-price') expect(prices).toEqual(prices.toSorted((one, other) => other - one))
})

test('products of one price keep one order over the pages', async () => {
  const up = await walk('cat_07', 'price')
  const down = await walk('cat_07', '-price')
  expect(down.map(({ id }) => id)).toEqual(up.map(({ id }) => id).toReversed())
})

test('a page shows the four most popular others of the category', async () => {
  const page = await products.page('prd_00021')
  const others = (await walk(page.category.id, 'popular')).map(({ id }) => id).filter((id) => id !== page.id)
  expect(page.related.map(({ id }) => id)).toEqual(others.slice(0, 4))
})

test('a change is in the answer and in the next read', async () => {
  expect((await products.change('prd_00500', { priceCents: 777, name: 'New name' })).priceCents).toBe(777)
  expect(await products.page('prd_00500')).toMatchObject({ priceCents: 777, name: 'New name' })
})

test('a product that is not there', async () => {
  const missing = expect.objectContaining({ code: 'PRODUCT_NOT_FOUND' })
  await expect(products.page('prd_99999')).rejects.toEqual(missing)
  await expect(products.change('prd_99999', { stock: 1 })).rejects.toEqual(missing)
})

test('a change says whether it was one', async () => {
  const { priceCents } = await products.page('prd_00009')
  const changes = [priceCents + 1, priceCents + 1, priceCents].map((price) => ({ priceCents: price }))
  for (const [turn, change] of changes.entries()) {
    expect(await products.update('prd_00009', change)).toMatchObject({ page: change, hasChanged: turn !== 1 })
  }
})
