import { describe, expect, it } from 'vitest'
import { clientOf, type Target } from '../client.ts'
import { walk } from '../people.ts'
import { expectKeys, expectProblem, type List, type ListedProduct, type ProductPage } from '../shapes.ts'

/** A category that no test changes. */
const CATEGORY = 'cat_07'
const SORTS = ['popular', 'price', '-price'] as const

export function productsContract(target: () => Target): void {
  describe('products', () => {
    it('lists 20 products by popularity when nothing else is asked for', async () => {
      const client = clientOf(target())
      const { status, body } = await client.get<List<ListedProduct>>('/products')
      expect(status).toBe(200)
      expect(Object.keys(body).sort()).toEqual(['items', 'nextCursor'])
      expect(body.items).toHaveLength(20)
      for (const item of body.items) expectKeys(item, 'listedProduct')
      const popular = await client.get<List<ListedProduct>>('/products?sort=popular&limit=20')
      expect(idsOf(popular.body.items)).toEqual(idsOf(body.items))
    })

    it.each(SORTS)('walks a whole category sorted by %s: every product once, in order', async (sort) => {
      const client = clientOf(target())
      const one = await walk<ListedProduct>(client, `/products?category=${CATEGORY}&sort=${sort}&limit=100`)
      const other = await walk<ListedProduct>(client, `/products?category=${CATEGORY}&sort=${sort}&limit=17`)
      expect(idsOf(other)).toEqual(idsOf(one))
      expect(one.length).toBeGreaterThan(100)
      expect(new Set(idsOf(one)).size).toBe(one.length)
      expect(new Set(one.map((product) => product.categoryId))).toEqual(new Set([CATEGORY]))
      if (sort !== 'popular') expect(pricesOf(one)).toEqual(pricesOf(one).sort((a, b) => (sort === 'price' ? a - b : b - a)))
    })

    it('finds the same products whatever the order', async () => {
      const client = clientOf(target())
      const walks = await Promise.all(
        SORTS.map((sort) => walk<ListedProduct>(client, `/products?category=${CATEGORY}&sort=${sort}&limit=50`)),
      )
      const [first = [], ...rest] = walks.map((products) => idsOf(products).sort())
      for (const ids of rest) expect(ids).toEqual(first)
    })

    it('sorts by popularity as the product pages tell it', async () => {
      const client = clientOf(target())
      const { body } = await client.get<List<ListedProduct>>(`/products?category=${CATEGORY}&limit=10`)
      const pages = await Promise.all(body.items.map(({ id }) => client.get<ProductPage>(`/products/${id}`)))
      const popularity = pages.map((page) => page.body.popularity)
      expect(popularity).toEqual(popularity.toSorted((a, b) => b - a))
    })

    it('walks all categories when none is named', async () => {
      const { items } = (await clientOf(target()).get<List<ListedProduct>>('/products?limit=100')).body
      expect(items).toHaveLength(100)
      expect(new Set(items.map((item) => item.categoryId)).size).toBeGreaterThan(1)
    })

    it.each([1, 100])('gives %d products when asked for so many', async (limit) => {
      const { body } = await clientOf(target()).get<List<ListedProduct>>(`/products?limit=${limit}`)
      expect(body.items).toHaveLength(limit)
    })

    it.each(WRONG_QUERIES)('refuses ?%s', async (query) => {
      expectProblem(await clientOf(target()).get(`/products?${query}`), 400, 'BAD_REQUEST')
    })

    it('refuses the cursor of another order', async () => {
      const client = clientOf(target())
      for (const [sort, other] of [
        ['price', '-price'],
        ['popular', 'price'],
        ['-price', 'popular'],
      ]) {
        const { body } = await client.get<List<ListedProduct>>(`/products?category=${CATEGORY}&sort=${sort}&limit=5`)
        const cursor = encodeURIComponent(body.nextCursor ?? '')
        const path = `/products?category=${CATEGORY}&limit=5&cursor=${cursor}`
        expect((await client.get(`${path}&sort=${sort}`)).status).toBe(200)
        expectProblem(await client.get(`${path}&sort=${other}`), 400, 'BAD_REQUEST')
      }
    })

    it('answers a product page with four related products', async () => {
      const client = clientOf(target())
      const [listed] = (await client.get<List<ListedProduct>>(`/products?category=${CATEGORY}&limit=1`)).body.items
      const page = (await client.get<ProductPage>(`/products/${listed?.id}`)).body
      expectKeys(page, 'productPage')
      expect(page).toMatchObject({ id: listed?.id, name: listed?.name, priceCents: listed?.priceCents, stock: listed?.stock })
      expect(page.category).toEqual({ id: CATEGORY, name: expect.stringMatching(/\S/) })
      for (const related of page.related) expectKeys(related, 'relatedProduct')
      const popular = await client.get<List<ListedProduct>>(`/products?category=${CATEGORY}&limit=5`)
      expect(idsOf(page.related)).toEqual(
        idsOf(popular.body.items)
          .filter((id) => id !== page.id)
          .slice(0, 4),
      )
    })

    it.each(['prd_99999', 'prd_00000', 'prd_1', 'nonsense'])('knows no product %s', async (id) => {
      expectProblem(await clientOf(target()).get(`/products/${id}`), 404, 'PRODUCT_NOT_FOUND')
    })
  })
}

function idsOf(products: readonly { id: string }[]): string[] {
  return products.map((product) => product.id)
}

function pricesOf(products: readonly ListedProduct[]): number[] {
  return products.map((product) => product.priceCents)
}

const WRONG_QUERIES = [
  ...['0', '101', '-1', '1.5', '1e1', 'ten', '', '%2B5', '5%20', '0x10'].map((limit) => `limit=${limit}`),
  'limit=5&limit=6',
  ...['name', 'PRICE', '', '-popular', 'price%20desc'].map((sort) => `sort=${sort}`),
  ...['nonsense', 'e30', 'null', '%00', 'eyJzb3J0IjoicHJpY2UifQ'].map((cursor) => `cursor=${cursor}`),
  'page=2',
  'category[]=cat_07',
  'category=cat_07&category=cat_08',
]
