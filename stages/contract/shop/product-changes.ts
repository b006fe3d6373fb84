import { randomInt } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Client, clientOf, type Target } from '../client.ts'
import { adminOf, freshProduct, newShopper, setProduct, walk } from '../people.ts'
import { expectKeys, expectProblem, type ListedProduct, type ProductPage } from '../shapes.ts'

/** Only this file changes prices here, and puts them back. */
const WALKED_CATEGORY = 'cat_49'

export function productChangesContract(target: () => Target): void {
  describe('changes of products', () => {
    let admin: Client
    let product: ProductPage
    beforeAll(async () => {
      admin = await adminOf(target())
      product = await freshProduct(target(), 10)
    })

    it('are made by the administrator only', async () => {
      const shopper = await newShopper(target())
      expectProblem(await clientOf(target()).patch(`/products/${product.id}`, { priceCents: 1 }), 401, 'NOT_LOGGED_IN')
      expectProblem(await shopper.client.patch(`/products/${product.id}`, { priceCents: 1 }), 403, 'FORBIDDEN')
      expect((await admin.get<ProductPage>(`/products/${product.id}`)).body).toEqual(product)
    })

    it.each([
      { priceCents: 4_321 },
      { name: 'Größe 学 🛒 "<b>&' },
      { description: 'In a few words: ½ price — “now”.' },
      { stock: 0 },
      { stock: 12 },
    ])('take $0 alone and leave the rest', async (change) => {
      const before = (await admin.get<ProductPage>(`/products/${product.id}`)).body
      const answer = await admin.patch<ProductPage>(`/products/${product.id}`, change)
      expect(answer.status, answer.text).toBe(200)
      expectKeys(answer.body, 'productPage')
      expect(answer.body).toEqual({ ...before, ...change })
      expect((await admin.get<ProductPage>(`/products/${product.id}`)).body).toEqual(answer.body)
      await setProduct(target(), product.id, { [Object.keys(change)[0] ?? '']: before[Object.keys(change)[0] as 'name'] })
    })

    it('of a price are seen at once by every replica, on the page and in the list', async () => {
      const servers = new Set<string>()
      for (let round = 0; round < 5; round++) {
        const priceCents = randomInt(1, 100_000_000)
        await setProduct(target(), product.id, { priceCents })
        for (let read = 0; read < 6; read++) {
          const page = await clientOf(target()).get<ProductPage>(`/products/${product.id}`)
          servers.add(String(page.headers['x-served-by']))
          expect(page.body.priceCents, `read ${read} by ${page.headers['x-served-by']}`).toBe(priceCents)
        }
      }
      if (target().appCount !== undefined) expect(servers.size).toBe(target().appCount)
      await setProduct(target(), product.id, { priceCents: product.priceCents })
    })

    it.each(WRONG_CHANGES)('refuse %j', async (change) => {
      expectProblem(await admin.patch(`/products/${product.id}`, change), 400, 'BAD_REQUEST')
    })

    it('of an unknown product are 404', async () => {
      expectProblem(await admin.patch('/products/prd_99999', { priceCents: 1 }), 404, 'PRODUCT_NOT_FOUND')
    })

    it('take the highest and the lowest values', async () => {
      for (const change of [{ priceCents: 1 }, { priceCents: 100_000_000 }, { stock: 1_000_000 }]) {
        expect(await setProduct(target(), product.id, change)).toMatchObject(change)
      }
      await setProduct(target(), product.id, { priceCents: product.priceCents, stock: product.stock })
    })

    it('during a walk by price show no product twice and hide no other', async () => {
      const path = `/products?category=${WALKED_CATEGORY}&sort=price`
      const before = await walk<ListedProduct>(admin, `${path}&limit=100`)
      const moved = before.at(-1)
      if (moved === undefined) throw new Error(`${WALKED_CATEGORY} is empty`)
      let changed = false
      const seen = await walk<ListedProduct>(admin, `${path}&limit=30`, async () => {
        // It leaves the part still to come: with offsets instead of a keyset, everything after it would move up by one.
        if (!changed) await setProduct(target(), moved.id, { priceCents: 1 })
        changed = true
      })
      await setProduct(target(), moved.id, { priceCents: moved.priceCents })
      const others = before.filter(({ id }) => id !== moved.id).map(({ id }) => id)
      expect(seen.map(({ id }) => id)).toEqual(others)
    })
  })
}

const WRONG_CHANGES = [
  {},
  { priceCents: 0 },
  { priceCents: -5 },
  { priceCents: 1.5 },
  { priceCents: '100' },
  { priceCents: null },
  { priceCents: 100_000_001 },
  { stock: -1 },
  { stock: 1_000_001 },
  { name: '' },
  { name: 7 },
  { popularity: 1 },
  { id: 'prd_00001' },
  { priceCents: 100, category: 'cat_01' },
  [{ priceCents: 100 }],
]
