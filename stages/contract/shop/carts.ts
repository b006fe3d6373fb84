import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, clientOf, type Target } from '../client.ts'
import { freshProduct, logIn, newShopper, type Shopper, setProduct, stockOf } from '../people.ts'
import { type Cart, expectKeys, expectProblem, type Order, type ProductPage } from '../shapes.ts'

const MOST_PRODUCTS = 20
const EMPTY = { items: [], totalCents: 0 }
const product = (number: number) => `prd_${String(number).padStart(5, '0')}`

export function cartsContract(target: () => Target): void {
  const put = ({ client }: Shopper, productId: string, quantity: unknown = 1) =>
    client.call<Cart>('PUT', `/cart/items/${productId}`, { json: { quantity } })
  const cartOf = async ({ client }: Shopper) => {
    const { status, body, text } = await client.get<Cart>('/cart')
    expect(status, text).toBe(200)
    expectKeys(body, 'cart')
    for (const item of body.items) expectKeys(item, 'orderItem')
    return body
  }
  const order = ({ client }: Shopper, key: string = randomUUID()) => client.post<Order>('/orders', { fromCart: true }, { key })

  describe('a cart', () => {
    it('has what its owner put in, in that order, through any replica and at once', async () => {
      const shopper = await newShopper(target())
      expect(await cartOf(shopper)).toEqual(EMPTY)
      for (const [number, quantity] of [
        [3, 1],
        [1, 2],
        [2, 5],
        [1, 4],
        [3, 2],
      ] as const) {
        const { status, body, text } = await put(shopper, product(number), quantity)
        expect(status, text).toBe(200)
        expect(body.items.find(({ productId }) => productId === product(number))?.quantity).toBe(quantity)
        for (let look = 0; look < 6; look++) expect(await cartOf(shopper)).toEqual(body)
      }
      expect((await cartOf(shopper)).items.map(({ productId, quantity }) => [productId, quantity])).toEqual([
        [product(3), 2],
        [product(1), 4],
        [product(2), 5],
      ])
    })

    it('loses a product of which there shall be none, and is none the worse where it was not there', async () => {
      const shopper = await newShopper(target())
      await put(shopper, product(4), 3)
      for (let time = 0; time < 2; time++) {
        expect((await put(shopper, product(4), 0)).body).toEqual(EMPTY)
        expect(await cartOf(shopper)).toEqual(EMPTY)
      }
    })

    it('shows names and prices of today', async () => {
      const shopper = await newShopper(target())
      const page = await freshProduct(target(), 10)
      await put(shopper, page.id, 3)
      for (const priceCents of [page.priceCents + 11, page.priceCents]) {
        await setProduct(target(), page.id, { priceCents })
        for (let look = 0; look < 6; look++) {
          const { items, totalCents } = await cartOf(shopper)
          expect(items).toEqual([{ productId: page.id, name: page.name, quantity: 3, unitPriceCents: priceCents }])
          expect(totalCents).toBe(3 * priceCents)
        }
      }
    })

    it('has 20 products at most, however many are put in at once', async () => {
      const shopper = await newShopper(target())
      const answers = await Promise.all(Array.from({ length: MOST_PRODUCTS + 4 }, (_, index) => put(shopper, product(index + 1))))
      const full = answers.filter(({ status }) => status !== 200)
      for (const answer of full) expectProblem(answer, 409, 'CART_FULL')
      expect(full).toHaveLength(4)
      const { items } = await cartOf(shopper)
      expect(items).toHaveLength(MOST_PRODUCTS)
      expect((await put(shopper, items[0]?.productId ?? '', 7)).status).toBe(200)
    })

    it('belongs to the user and not to the session, and is nobody else’s', async () => {
      const [shopper, other] = [await newShopper(target()), await newShopper(target())]
      const { body } = await put(shopper, product(5), 2)
      expect(await cartOf(other)).toEqual(EMPTY)
      const client = clientOf(target())
      await logIn(client, shopper.email, shopper.password)
      expect(await cartOf({ ...shopper, client })).toEqual(body)
      const nobody = clientOf(target())
      expectProblem(await nobody.get('/cart'), 401, 'NOT_LOGGED_IN')
      expectProblem(await nobody.call('PUT', `/cart/items/${product(1)}`, { json: { quantity: 1 } }), 401, 'NOT_LOGGED_IN')
    })

    it('takes no product that there is not', async () => {
      const shopper = await newShopper(target())
      for (const quantity of [1, 0]) expectProblem(await put(shopper, 'prd_99999', quantity), 404, 'PRODUCT_NOT_FOUND')
    })

    it.each([-1, 1.5, 101, '1', null, true, [1]])('refuses the quantity %j', async (quantity) => {
      expectProblem(await put(await newShopper(target()), product(1), quantity), 400, 'BAD_REQUEST')
    })
  })

  describe('ordering what is in the cart', () => {
    let shopper: Shopper
    let page: ProductPage
    beforeAll(async () => {
      shopper = await newShopper(target())
      page = await freshProduct(target(), 1_000)
    })

    it('takes all of it, and leaves the cart empty', async () => {
      const second = await freshProduct(target(), 10)
      await put(shopper, second.id, 3)
      await put(shopper, page.id, 2)
      const before = await stockOf(shopper.client, page.id)
      const { status, body, text } = await order(shopper)
      expect(status, text).toBe(201)
      expectKeys(body, 'order')
      expect(body.items.map(({ productId, quantity }) => [productId, quantity])).toEqual([
        [second.id, 3],
        [page.id, 2],
      ])
      expect(body.totalCents).toBe(3 * second.priceCents + 2 * page.priceCents)
      for (let look = 0; look < 6; look++) expect(await cartOf(shopper)).toEqual(EMPTY)
      expect(await stockOf(shopper.client, page.id)).toBe(before - 2)
      expect((await shopper.client.get<Order>(`/orders/${body.id}`)).body).toEqual(body)
    })

    it('is refused where there is nothing in it, and uses no key up', async () => {
      const key = randomUUID()
      expectProblem(await order(shopper, key), 409, 'CART_EMPTY')
      await put(shopper, page.id)
      const placed = await order(shopper, key)
      expect([placed.status, placed.headers['idempotent-replayed']]).toEqual([201, undefined])
    })

    it('leaves the cart as it is where something cannot be had', async () => {
      const rare = await freshProduct(target(), 1)
      await put(shopper, page.id, 2)
      const { body } = await put(shopper, rare.id, 2)
      expectProblem(await order(shopper), 409, 'OUT_OF_STOCK')
      expect(await cartOf(shopper)).toEqual(body)
      await put(shopper, rare.id, 1)
      expect((await order(shopper)).status).toBe(201)
    })

    it('again with the same key answers the same, byte for byte, whatever is in the cart by then', async () => {
      const key = randomUUID()
      await put(shopper, page.id, 2)
      const first = await order(shopper, key)
      const again = await order(shopper, key)
      const { body } = await put(shopper, product(6), 1)
      for (const repeat of [again, await order(shopper, key)]) {
        expect({ status: repeat.status, text: repeat.text }).toEqual({ status: 201, text: first.text })
        expect(repeat.headers['idempotent-replayed']).toBe('true')
      }
      expect(await cartOf(shopper)).toEqual(body)
      const items = [{ productId: page.id, quantity: 2 }]
      expectProblem(await shopper.client.post('/orders', { items }, { key }), 422, 'KEY_REUSED')
      await put(shopper, product(6), 0)
    })

    it('20 times at once orders it once', async () => {
      await put(shopper, page.id, 3)
      const before = await stockOf(shopper.client, page.id)
      const answers = await Promise.all(Array.from({ length: 20 }, () => order(shopper)))
      const refused = answers.filter(({ status }) => status !== 201)
      expect(refused).toHaveLength(19)
      for (const answer of refused) expect(codeOf(answer)).toMatch(/^(CART_EMPTY|CART_CHANGED)$/)
      expect(await stockOf(shopper.client, page.id)).toBe(before - 3)
    })

    it.each([
      [{ fromCart: false }],
      [{ fromCart: 1 }],
      [{ fromCart: true, items: [] }],
      [{ fromCart: true, userId: 'usr_1' }],
      [{}],
    ])('is not what %j asks for', async (body) => {
      expectProblem(await shopper.client.post('/orders', body, { key: randomUUID() }), 400, 'BAD_REQUEST')
    })

    it('takes a key', async () => {
      expectProblem(await shopper.client.post('/orders', { fromCart: true }), 400, 'BAD_REQUEST')
    })
  })
}

function codeOf({ body }: Answer<unknown>): string {
  return String((body as { code?: unknown }).code)
}
