import { beforeAll, describe, expect, it } from 'vitest'
import type { Target } from '../client.ts'
import { freshProduct, newShopper, placeOrder, type Shopper, stockOf } from '../people.ts'
import { expectKeys, expectProblem, type Order } from '../shapes.ts'
import { pay } from './payments.ts'

export function cancellationsContract(target: () => Target): void {
  describe('cancellations', () => {
    let shopper: Shopper
    beforeAll(async () => {
      shopper = await newShopper(target())
    })
    const cancel = (id: string) => shopper.client.post<Order>(`/orders/${id}/cancellation`)

    it('give the stock back, once', async () => {
      const product = await freshProduct(target(), 10)
      const order = await placeOrder(shopper, product.id, 4)
      expect(await stockOf(shopper.client, product.id)).toBe(6)
      const answer = await cancel(order.id)
      expect(answer.status, answer.text).toBe(200)
      expectKeys(answer.body, 'order')
      expect(answer.body).toEqual({ ...order, status: 'cancelled' })
      expectProblem(await cancel(order.id), 409, 'ALREADY_CANCELLED')
      expect(await stockOf(shopper.client, product.id)).toBe(10)
      expect((await shopper.client.get<Order>(`/orders/${order.id}`)).body.status).toBe('cancelled')
    })

    it('asked for by many at once give the stock back once', async () => {
      const product = await freshProduct(target(), 10)
      const order = await placeOrder(shopper, product.id, 3)
      const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(order.id)))
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)])
      expect(await stockOf(shopper.client, product.id)).toBe(10)
    })

    it('let another buy what was given back', async () => {
      const product = await freshProduct(target(), 1)
      const order = await placeOrder(shopper, product.id)
      await cancel(order.id)
      await placeOrder(shopper, product.id)
      expect(await stockOf(shopper.client, product.id)).toBe(0)
    })

    it('of a paid order are refused', async () => {
      const product = await freshProduct(target(), 2)
      const order = await placeOrder(shopper, product.id)
      expect((await pay(shopper, order.id, 'tok_approved')).status).toBe(201)
      expectProblem(await cancel(order.id), 409, 'ALREADY_PAID')
      expect(await stockOf(shopper.client, product.id)).toBe(1)
    })

    it('and payments of one order at once: one of them wins', async () => {
      const product = await freshProduct(target(), 20)
      for (let round = 0; round < 5; round++) {
        const order = await placeOrder(shopper, product.id)
        const [payment, cancellation] = await Promise.all([pay(shopper, order.id, 'tok_approved'), cancel(order.id)])
        const paid = payment.status === 201
        expect([payment.status, cancellation.status]).toEqual(paid ? [201, 409] : [409, 200])
        const { status } = (await shopper.client.get<Order>(`/orders/${order.id}`)).body
        expect(status).toBe(paid ? 'paid' : 'cancelled')
      }
    })
  })
}
