import { beforeAll, describe, expect, it } from 'vitest'
import { clientOf, type Target } from '../client.ts'
import { freshProduct, newShopper, placeOrder, type Shopper } from '../people.ts'
import { expectKeys, expectProblem, type List, type ListedProduct } from '../shapes.ts'
import { pay } from './payments.ts'

type Bestseller = { product: ListedProduct; sold: number }

/** A list may be a little late. */
const SEEN = { timeout: 10_000, interval: 100 }
const MOST_PIECES = 100
/** An account may place 100 orders a minute. */
const MOST_ORDERS = 50

export function bestsellersContract(target: () => Target): void {
  describe('bestsellers', () => {
    let shopper: Shopper
    beforeAll(async () => {
      shopper = await newShopper(target())
    })
    const top = async (limit = 100) => {
      const { status, body, text } = await clientOf(target()).get<List<Bestseller>>(`/products/bestsellers?limit=${limit}`)
      expect(status, text).toBe(200)
      return body.items
    }
    const soldOf = async (id: string) => (await top()).find(({ product }) => product.id === id)?.sold ?? 0

    it('show the pieces in paid orders, most first, each product once', async () => {
      const product = await freshProduct(target(), MOST_ORDERS * MOST_PIECES)
      const least = (await top())[99]?.sold ?? 0
      const before = await soldOf(product.id)
      const orders = Math.floor((least - before) / MOST_PIECES) + 1
      if (orders > MOST_ORDERS)
        throw new Error(`the shop has sold ${least} pieces of its hundredth product: too many for this test`)
      for (let count = 0; count < Math.max(1, orders); count++) await buy(MOST_PIECES, product.id)
      await expect.poll(() => soldOf(product.id), SEEN).toBe(before + Math.max(1, orders) * MOST_PIECES)
      const items = await top()
      for (const item of items) {
        expect(Object.keys(item).sort()).toEqual(['product', 'sold'])
        expectKeys(item.product, 'listedProduct')
      }
      expect(items.map(({ sold }) => sold)).toEqual(items.map(({ sold }) => sold).sort((a, b) => b - a))
      expect(new Set(items.map(({ product }) => product.id)).size).toBe(items.length)
    })

    it('show fewer where fewer are asked for', async () => {
      // Each replica has a list of its own, and one may be later than the other.
      const difference = async () => {
        const [all, first] = [await top(), await top(1)]
        return first.length === 1 && (all[0]?.sold ?? 0) - (first[0]?.sold ?? 0)
      }
      await expect.poll(difference, SEEN).toBe(0)
    })

    it('count no order that is not paid, and none twice', async () => {
      const [first] = await top(1)
      if (first === undefined) throw new Error('nothing has been sold')
      const product = await freshProduct(target(), 10 * MOST_PIECES)
      const before = await soldOf(product.id)
      await placeOrder(shopper, product.id, MOST_PIECES)
      const cancelled = await placeOrder(shopper, product.id, MOST_PIECES)
      await shopper.client.post(`/orders/${cancelled.id}/cancellation`)
      const order = await placeOrder(shopper, product.id, MOST_PIECES)
      await pay(shopper, order.id, 'tok_declined')
      const payments = await Promise.all(Array.from({ length: 5 }, () => pay(shopper, order.id, 'tok_approved', 'once')))
      expect(payments.filter(({ status }) => status === 201).length).toBeGreaterThan(0)
      await buy(MOST_PIECES, product.id)
      // The hundredth may have sold more than these: then they are not in the list.
      const least = async () => ((await top())[99]?.sold ?? 0) > before + 2 * MOST_PIECES
      await expect
        .poll(async () => (await least()) || (await soldOf(product.id)), SEEN)
        .toBeOneOf([true, before + 2 * MOST_PIECES])
    })

    it.each(['limit=0', 'limit=101', 'limit=1.5', 'limit=many', 'limit=', 'cursor=abc', 'category=cat_01'])(
      'refuse %s',
      async (query) => {
        expectProblem(await clientOf(target()).get(`/products/bestsellers?${query}`), 400, 'BAD_REQUEST')
      },
    )

    async function buy(quantity: number, productId: string): Promise<void> {
      const order = await placeOrder(shopper, productId, quantity)
      const answer = await pay(shopper, order.id, 'tok_approved')
      expect(answer.status, answer.text).toBe(201)
    }
  })
}
