import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { clientOf, type Target } from '../client.ts'
import { freshProduct, newShopper, placeOrder, type Shopper, setProduct, stockOf, walk } from '../people.ts'
import { expectKeys, expectProblem, type List, type Order, type ProductPage, TIME } from '../shapes.ts'

export function ordersContract(target: () => Target): void {
  describe('orders', () => {
    let shopper: Shopper
    let other: Shopper
    let product: ProductPage
    beforeAll(async () => {
      shopper = await newShopper(target())
      other = await newShopper(target())
      product = await freshProduct(target(), 10_000)
    })
    const order = (items: unknown, who = shopper) => who.client.post<Order>('/orders', { items }, { key: randomUUID() })

    it('take the stock and keep the price of the moment', async () => {
      const second = await freshProduct(target(), 50)
      const items = [
        { productId: product.id, quantity: 2 },
        { productId: second.id, quantity: 3 },
      ]
      const before = await stockOf(shopper.client, product.id)
      const { status, body, text } = await order(items)
      expect(status, text).toBe(201)
      expectKeys(body, 'order')
      for (const item of body.items) expectKeys(item, 'orderItem')
      expect(body).toMatchObject({ status: 'placed', createdAt: expect.stringMatching(TIME) })
      expect(body.totalCents).toBe(2 * product.priceCents + 3 * second.priceCents)
      expect(body.items.map(({ productId, quantity }) => ({ productId, quantity }))).toEqual(items)
      expect(body.items[0]).toMatchObject({ name: product.name, unitPriceCents: product.priceCents })
      expect(await stockOf(shopper.client, product.id)).toBe(before - 2)
      expect(await stockOf(shopper.client, second.id)).toBe(47)
      await setProduct(target(), second.id, { priceCents: second.priceCents + 1 })
      expect((await shopper.client.get<Order>(`/orders/${body.id}`)).body).toEqual(body)
      await setProduct(target(), second.id, { priceCents: second.priceCents })
    })

    it('are listed to their owner, the newest first, each once', async () => {
      const buyer = await newShopper(target())
      const placed: string[] = []
      for (let count = 0; count < 7; count++) placed.unshift((await placeOrder(buyer, product.id)).id)
      const listed = await walk<Order>(buyer.client, '/orders?limit=3')
      expect(listed.map(({ id }) => id)).toEqual(placed)
      for (const item of listed) expectKeys(item, 'order')
      const whole = await buyer.client.get<List<Order>>('/orders')
      expect(whole.body).toEqual({ items: listed, nextCursor: null })
    })

    it.each(['limit=0', 'limit=101', 'cursor=nonsense', 'user=somebody', 'limit=a'])('refuse the query %s', async (query) => {
      expectProblem(await shopper.client.get(`/orders?${query}`), 400, 'BAD_REQUEST')
    })

    it('are for people who are logged in', async () => {
      const { id } = await placeOrder(shopper, product.id)
      const nobody = clientOf(target())
      const body = { items: [{ productId: product.id, quantity: 1 }] }
      expectProblem(await nobody.post('/orders', body, { key: randomUUID() }), 401, 'NOT_LOGGED_IN')
      expectProblem(await nobody.get('/orders'), 401, 'NOT_LOGGED_IN')
      expectProblem(await nobody.get(`/orders/${id}`), 401, 'NOT_LOGGED_IN')
      expectProblem(await nobody.post(`/orders/${id}/cancellation`), 401, 'NOT_LOGGED_IN')
    })

    it('of somebody else are as if they were not', async () => {
      const { id } = await placeOrder(shopper, product.id)
      const missing = await other.client.get(`/orders/${'ord_missing'}`)
      expectProblem(missing, 404, 'ORDER_NOT_FOUND')
      const foreign = await other.client.get(`/orders/${id}`)
      expectProblem(foreign, 404, 'ORDER_NOT_FOUND')
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...missing.body, requestId: '' })
      expectProblem(await other.client.post(`/orders/${id}/cancellation`), 404, 'ORDER_NOT_FOUND')
      expect((await walk<Order>(other.client, '/orders?limit=100')).map((found) => found.id)).not.toContain(id)
      expect((await shopper.client.get<Order>(`/orders/${id}`)).body.status).toBe('placed')
    })

    it('never sell a piece twice: 50 at once for 7 pieces', async () => {
      const rare = await freshProduct(target(), 7)
      const buyers = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? shopper : other))
      const answers = await Promise.all(buyers.map((buyer) => order([{ productId: rare.id, quantity: 1 }], buyer)))
      const sold = answers.filter(({ status }) => status === 201)
      for (const answer of answers.filter(({ status }) => status !== 201)) expectProblem(answer, 409, 'OUT_OF_STOCK')
      expect(sold).toHaveLength(7)
      expect(new Set(sold.map(({ body }) => body.id)).size).toBe(7)
      expect(await stockOf(shopper.client, rare.id)).toBe(0)
    })

    it('take all of their items or none', async () => {
      const [enough, scarce] = [await freshProduct(target(), 20), await freshProduct(target(), 1)]
      const items = [
        { productId: enough.id, quantity: 5 },
        { productId: scarce.id, quantity: 2 },
      ]
      expectProblem(await order(items), 409, 'OUT_OF_STOCK')
      expect(await stockOf(shopper.client, enough.id)).toBe(20)
      expect(await stockOf(shopper.client, scarce.id)).toBe(1)
    })

    it('of the same products in opposite order at once all succeed', async () => {
      const [one, two] = [await freshProduct(target(), 40), await freshProduct(target(), 40)]
      const items = [one, two].map(({ id }) => ({ productId: id, quantity: 1 }))
      const answers = await Promise.all(
        Array.from({ length: 24 }, (_, index) =>
          order(index % 2 === 0 ? items : items.toReversed(), index % 3 === 0 ? other : shopper),
        ),
      )
      expect(answers.map(({ status }) => status)).toEqual(Array(24).fill(201))
      expect([await stockOf(shopper.client, one.id), await stockOf(shopper.client, two.id)]).toEqual([16, 16])
    })

    it('of an unknown product are refused', async () => {
      expectProblem(await order([{ productId: 'prd_99999', quantity: 1 }]), 404, 'PRODUCT_NOT_FOUND')
    })

    it('take up to 20 products and 100 pieces', async () => {
      const products = (await Promise.all(Array.from({ length: 19 }, () => freshProduct(target(), 1)))).map(({ id }) => id)
      const items = [{ productId: product.id, quantity: 100 }, ...products.map((productId) => ({ productId, quantity: 1 }))]
      const answer = await order(items)
      expect(answer.status, answer.text).toBe(201)
      expect(answer.body.items).toHaveLength(20)
    })

    it.each(WRONG_ORDERS)('refuse %s', async (_, body) => {
      const json = JSON.stringify(body).replaceAll('PRODUCT', product.id).replace('"HUGE"', '1e309')
      const headers = { 'content-type': 'application/json' }
      const answer = await shopper.client.call('POST', '/orders', { raw: json, key: randomUUID(), headers })
      expectProblem(answer, 400, 'BAD_REQUEST')
    })
  })
}

const quantity = (value: unknown): object => ({ items: [{ productId: 'PRODUCT', quantity: value }] })
const WRONG_ORDERS: [string, object][] = [
  ...[0, -1, 1.5, 101, 2 ** 53, 'HUGE', '1', 'NaN', true, null, [1], { value: 1 }].map((value): [string, object] => [
    `the quantity ${JSON.stringify(value)}`,
    quantity(value),
  ]),
  ['no items', { items: [] }],
  ['items that are no list', { items: { productId: 'PRODUCT', quantity: 1 } }],
  [
    '21 items',
    { items: Array.from({ length: 21 }, (_, index) => ({ productId: `prd_${10_000 - index}`.slice(-9), quantity: 1 })) },
  ],
  [
    'a product twice',
    {
      items: [
        { productId: 'PRODUCT', quantity: 1 },
        { productId: 'PRODUCT', quantity: 2 },
      ],
    },
  ],
  ['an item without a product', { items: [{ quantity: 1 }] }],
  ['an item without a quantity', { items: [{ productId: 'PRODUCT' }] }],
  ['a price of the buyer’s choice', { items: [{ productId: 'PRODUCT', quantity: 1, unitPriceCents: 1 }] }],
  ['a status of the buyer’s choice', { ...quantity(1), status: 'paid' }],
  ['somebody else as buyer', { ...quantity(1), userId: 'usr_1' }],
  ['a body that is a list', [quantity(1)]],
  ['a number as product', { items: [{ productId: 1, quantity: 1 }] }],
]
