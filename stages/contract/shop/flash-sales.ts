import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Client, clientOf, type Problem, type Target } from '../client.ts'
import { adminOf, freshProduct, newShopper, placeOrder, type Shopper, setProduct, stockOf } from '../people.ts'
import { expectProblem, type Order, type ProductPage, TIME } from '../shapes.ts'

type FlashSale = { productId: string; pieces: number; endsAt: string }

const MINUTE_MS = 60_000
const soon = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString()

export function flashSalesContract(target: () => Target): void {
  describe('flash sales', () => {
    let admin: Client
    let product: ProductPage
    let shoppers: Shopper[]
    beforeAll(async () => {
      admin = await adminOf(target())
      product = await freshProduct(target(), 3)
      shoppers = await Promise.all(Array.from({ length: 4 }, () => newShopper(target())))
    })
    const open = (id: string, sale: object, by: Client = admin, key: string = randomUUID()) =>
      by.post<FlashSale>(`/products/${id}/flash-sale`, sale, { key })
    const order = ({ client }: Shopper, productId: string, key: string = randomUUID()) =>
      client.post<Order>('/orders', { items: [{ productId, quantity: 1 }] }, { key })

    it('make the stock what is for sale', async () => {
      const endsAt = soon(MINUTE_MS)
      const answer = await open(product.id, { pieces: 12, endsAt })
      expect(answer.status, answer.text).toBe(201)
      expect(answer.body).toEqual({ productId: product.id, pieces: 12, endsAt: expect.stringMatching(TIME) })
      expect(Date.parse(answer.body.endsAt)).toBe(Date.parse(endsAt))
      expect(await stockOf(admin, product.id)).toBe(12)
    })

    it('never fill the shelf again when they are opened twice by one request', async () => {
      const { id } = await freshProduct(target(), 1)
      const [sale, key] = [{ pieces: 2, endsAt: soon(MINUTE_MS) }, randomUUID()]
      const first = await open(id, sale, admin, key)
      expect([first.status, first.headers['idempotent-replayed']], first.text).toEqual([201, undefined])
      expect((await order(shoppers[0] as Shopper, id)).status).toBe(201)
      const again = await open(id, sale, admin, key)
      expect([again.status, again.text, again.headers['idempotent-replayed']]).toEqual([201, first.text, 'true'])
      expect(await stockOf(admin, id)).toBe(1)
      expectProblem(await open(id, { ...sale, pieces: 3 }, admin, key), 422, 'KEY_REUSED')
      expect(await stockOf(admin, id)).toBe(1)
    })

    it('are opened once by twenty requests at once that are one', async () => {
      const { id } = await freshProduct(target(), 1)
      const [sale, key] = [{ pieces: 4, endsAt: soon(MINUTE_MS) }, randomUUID()]
      const answers = await Promise.all(Array.from({ length: 20 }, () => open(id, sale, admin, key)))
      const done = answers.filter(({ status }) => status === 201)
      expect(done.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1)
      for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 409, 'KEY_IN_USE')
      expect(await stockOf(admin, id)).toBe(4)
    })

    it('sell each piece once, however many want it', async () => {
      const { id } = await freshProduct(target(), 1)
      await open(id, { pieces: 10, endsAt: soon(MINUTE_MS) })
      const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => order(shoppers[index % 4] as Shopper, id)))
      expect(answers.map(({ status }) => status).sort()).toEqual([...Array(10).fill(201), ...Array(30).fill(409)])
      for (const answer of answers) if (answer.status === 409) expectProblem(answer, 409, 'OUT_OF_STOCK')
      expect(await stockOf(admin, id)).toBe(0)
    })

    it('answer who has bought as before, though all is gone', async () => {
      const [lucky, late] = shoppers as [Shopper, Shopper]
      const { id } = await freshProduct(target(), 1)
      await open(id, { pieces: 1, endsAt: soon(MINUTE_MS) })
      const key = randomUUID()
      const first = await order(lucky, id, key)
      expect(first.status, first.text).toBe(201)
      for (let turn = 0; turn < 4; turn++) expectProblem(await order(late, id), 409, 'OUT_OF_STOCK')
      for (let turn = 0; turn < 4; turn++) {
        const again = await order(lucky, id, key)
        expect([again.status, again.text]).toEqual([201, first.text])
        expect(again.headers['idempotent-replayed']).toBe('true')
      }
    })

    it('give a piece to another when its order is cancelled', async () => {
      const [one, other] = shoppers as [Shopper, Shopper]
      const { id } = await freshProduct(target(), 1)
      await open(id, { pieces: 1, endsAt: soon(MINUTE_MS) })
      const placed = await placeOrder(one, id)
      expect((await one.client.post(`/orders/${placed.id}/cancellation`)).status).toBe(200)
      // It may take a moment until it is known everywhere; after ten seconds it would be if nobody counted.
      await expect.poll(async () => (await order(other, id)).status, { timeout: 5_000, interval: 200 }).toBe(201)
    })

    it('leave a product like any other when they are over', async () => {
      const { id } = await freshProduct(target(), 1)
      expect((await open(id, { pieces: 1, endsAt: soon(1_000) })).status).toBe(201)
      await placeOrder(shoppers[0] as Shopper, id)
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      await setProduct(target(), id, { stock: 1 })
      await placeOrder(shoppers[1] as Shopper, id)
    })

    it('are opened by administrators, for products that there are', async () => {
      const sale = { pieces: 1, endsAt: soon(MINUTE_MS) }
      expectProblem(await open(product.id, sale, clientOf(target())), 401, 'NOT_LOGGED_IN')
      expectProblem(await open(product.id, sale, (shoppers[0] as Shopper).client), 403, 'FORBIDDEN')
      expectProblem(await open('prd_99999', sale), 404, 'PRODUCT_NOT_FOUND')
      expectProblem(await open('p'.repeat(40), sale), 404, 'PRODUCT_NOT_FOUND')
      expectProblem(await open('p'.repeat(41), sale), 400, 'BAD_REQUEST')
    })

    it.each(NO_TIMES)('take no %s for a time', async (endsAt) => {
      const answer = await open(product.id, { pieces: 5, endsAt })
      expectProblem(answer, 400, 'BAD_REQUEST')
      expect((answer.body as unknown as Problem).detail).toContain('must match format')
    })

    it.each(WRONG_SALES)('refuse %j', async (change) => {
      const stock = await stockOf(admin, product.id)
      expectProblem(await open(product.id, { pieces: 5, endsAt: soon(MINUTE_MS), ...change }), 400, 'BAD_REQUEST')
      expect(await stockOf(admin, product.id)).toBe(stock)
    })
  })
}

/** A year hence, but for how it is written. */
const YEAR = new Date().getFullYear() + 1
const NO_TIMES = [
  `${YEAR}-06-30T23:59:59-01`,
  `${YEAR}-06-30T23:59:60Z`,
  `${YEAR}-06-30 23:59:59Z`,
  `${YEAR}-06-30T23:59:59-0100`,
  `${YEAR}-06-31T23:59:59Z`,
  `${YEAR}-06-30T23:59:59`,
]

const WRONG_SALES = [
  { pieces: 0 },
  { pieces: -1 },
  { pieces: 1.5 },
  { pieces: '5' },
  { pieces: 10_001 },
  { endsAt: '2020-01-01T00:00:00Z' },
  { endsAt: '9999-01-01T00:00:00Z' },
  { endsAt: 'tomorrow' },
  { endsAt: '2026-13-01T00:00:00Z' },
  { endsAt: 1_800_000_000 },
  { endsAt: null },
  { priceCents: 1 },
]
