import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, clientOf, type Problem, type Target } from '../client.ts'
import { adminOf, freshProduct, logIn, newShopper, placeOrder, type Shopper, stockOf, walk } from '../people.ts'
import { expectProblem, type Order, type ProductPage } from '../shapes.ts'
import { expectCharges, pay } from '../shop/payments.ts'

export function idempotencyContract(target: () => Target): void {
  describe('idempotency keys', () => {
    let shopper: Shopper
    let product: ProductPage
    beforeAll(async () => {
      shopper = await newShopper(target())
      product = await freshProduct(target(), 10_000)
    })
    const order = (key: string, quantity = 1, who = shopper) =>
      who.client.post<Order>('/orders', { items: [{ productId: product.id, quantity }] }, { key })

    it('make the same request again answer the same, byte for byte', async () => {
      const key = randomUUID()
      const first = await order(key)
      const before = await stockOf(shopper.client, product.id)
      expect(first.headers['idempotent-replayed']).toBeUndefined()
      for (let round = 0; round < 3; round++) {
        const again = await order(key)
        expect({ status: again.status, text: again.text }).toEqual({ status: 201, text: first.text })
        expect(again.headers['idempotent-replayed']).toBe('true')
      }
      expect(await stockOf(shopper.client, product.id)).toBe(before)
    })

    it('give the first answer again even when the order has moved on', async () => {
      const key = randomUUID()
      const first = await order(key)
      expect((await pay(shopper, first.body.id, 'tok_approved')).status).toBe(201)
      expect((await order(key)).text).toBe(first.text)
    })

    it('let one of 20 requests at once take effect', async () => {
      const buyer = await newShopper(target())
      const before = await stockOf(buyer.client, product.id)
      const key = randomUUID()
      const answers = await Promise.all(Array.from({ length: 20 }, () => order(key, 1, buyer)))
      expectOneEffect(answers)
      expect(await walk<Order>(buyer.client, '/orders?limit=100')).toHaveLength(1)
      expect(await stockOf(buyer.client, product.id)).toBe(before - 1)
    })

    it('let one of 20 payments at once take effect', async () => {
      const placed = await placeOrder(shopper, product.id)
      const key = randomUUID()
      const answers = await Promise.all(Array.from({ length: 20 }, () => pay(shopper, placed.id, 'tok_approved', key)))
      expectOneEffect(answers)
      const replay = await pay(shopper, placed.id, 'tok_approved', key)
      expect(replay.status, replay.text).toBe(201)
      expect(replay.headers['idempotent-replayed']).toBe('true')
      await expectCharges(target(), placed, 1)
    })

    it('refuse another body under the same key', async () => {
      const key = randomUUID()
      expect((await order(key, 1)).status).toBe(201)
      expectProblem(await order(key, 2), 422, 'KEY_REUSED')
      const placed = await placeOrder(shopper, product.id)
      const paymentKey = randomUUID()
      expect((await pay(shopper, placed.id, 'tok_declined', paymentKey)).status).toBe(402)
      expectProblem(await pay(shopper, placed.id, 'tok_approved', paymentKey), 422, 'KEY_REUSED')
    })

    it('are each user’s own', async () => {
      const other = await newShopper(target())
      const key = randomUUID()
      const [mine, theirs] = [await order(key), await order(key, 1, other)]
      expect([mine.status, theirs.status]).toEqual([201, 201])
      expect(theirs.body.id).not.toBe(mine.body.id)
      expect(theirs.headers['idempotent-replayed']).toBeUndefined()
    })

    it('belong to the user, not to the session', async () => {
      const key = randomUUID()
      const first = await order(key)
      const client = clientOf(target())
      await logIn(client, shopper.email, shopper.password)
      const again = await order(key, 1, { ...shopper, client })
      expect(again.text).toBe(first.text)
    })

    it('are not used up by a request that was refused as wrong', async () => {
      const key = randomUUID()
      expectProblem(await order(key, 0), 400, 'BAD_REQUEST')
      expect((await order(key, 1)).status).toBe(201)
    })

    it('have 1 to 255 characters', async () => {
      const key = randomUUID()
      expect((await order(key.padEnd(255, 'k'))).status).toBe(201)
      expectProblem(await order(key.padEnd(256, 'k')), 400, 'BAD_REQUEST')
      expectProblem(await order(''), 400, 'BAD_REQUEST')
    })

    it('that differ in letter case or in the end of a long key are different', async () => {
      const key = `key-${randomUUID()}`.padEnd(254, 'k')
      const ids = new Set<string>()
      for (const variant of [`${key}a`, `${key}b`, `${key}A`]) ids.add((await order(variant)).body.id)
      expect(ids.size).toBe(3)
    })

    it('are required where money or stock moves', async () => {
      const placed = await placeOrder(shopper, product.id)
      const body = { items: [{ productId: product.id, quantity: 1 }] }
      expectProblem(await shopper.client.post('/orders', body), 400, 'BAD_REQUEST')
      expectProblem(await shopper.client.post(`/orders/${placed.id}/payments`, { card: 'tok_approved' }), 400, 'BAD_REQUEST')
      const sale = { pieces: 1, endsAt: new Date(Date.now() + 60_000).toISOString() }
      const admin = await adminOf(target())
      expectProblem(await admin.post(`/products/${product.id}/flash-sale`, sale), 400, 'BAD_REQUEST')
    })
  })
}

/** One request did it; every other got its answer again, or was told to wait for it. */
function expectOneEffect(answers: Answer<{ id: string }>[]): void {
  const done = answers.filter(({ status }) => status === 201)
  const refused = answers.filter(({ status }) => status !== 201) as unknown as Answer<Problem>[]
  expect(done.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1)
  expect(new Set(done.map(({ text }) => text)).size).toBe(1)
  for (const answer of refused) expect(`${answer.status} ${answer.body.code}`).toMatch(/^409 (KEY_IN_USE|PAYMENT_IN_PROGRESS)$/)
}
