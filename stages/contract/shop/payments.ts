import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, clientOf, type Target } from '../client.ts'
import { freshProduct, newShopper, placeOrder, type Shopper, setProduct } from '../people.ts'
import { expectKeys, expectProblem, type Order, type Payment, type ProductPage, TIME } from '../shapes.ts'

export function pay(shopper: Shopper, orderId: string, card: unknown, key: string = randomUUID()): Promise<Answer<Payment>> {
  return shopper.client.post<Payment>(`/orders/${orderId}/payments`, { card }, { key })
}

export function paymentsContract(target: () => Target): void {
  describe('payments', () => {
    let shopper: Shopper
    let product: ProductPage
    beforeAll(async () => {
      shopper = await newShopper(target())
      product = await freshProduct(target(), 10_000)
    })
    const newOrder = (quantity = 1) => placeOrder(shopper, product.id, quantity)
    const statusOf = async (id: string) => (await shopper.client.get<Order>(`/orders/${id}`)).body.status

    it('pay what the order cost when it was placed', async () => {
      const order = await newOrder(3)
      await setProduct(target(), product.id, { priceCents: product.priceCents + 100 })
      const answer = await pay(shopper, order.id, 'tok_approved')
      await setProduct(target(), product.id, { priceCents: product.priceCents })
      expect(answer.status, answer.text).toBe(201)
      expectKeys(answer.body, 'payment')
      expect(answer.body).toMatchObject({ orderId: order.id, status: 'captured', amountCents: 3 * product.priceCents })
      expect(answer.body.createdAt).toMatch(TIME)
      expect(await statusOf(order.id)).toBe('paid')
      await expectCharges(target(), order, 1)
    })

    it('that are declined leave the order to be paid with another card', async () => {
      const order = await newOrder()
      const key = randomUUID()
      expectProblem(await pay(shopper, order.id, 'tok_declined', key), 402, 'CARD_DECLINED')
      expect(await statusOf(order.id)).toBe('placed')
      const again = await pay(shopper, order.id, 'tok_declined', key)
      expectProblem(again, 402, 'CARD_DECLINED')
      expect(again.headers['idempotent-replayed']).toBe('true')
      expect((await pay(shopper, order.id, 'tok_approved')).status).toBe(201)
      expect(await statusOf(order.id)).toBe('paid')
      await expectCharges(target(), order, 1)
    })

    it('of a paid order are refused', async () => {
      const order = await newOrder()
      await pay(shopper, order.id, 'tok_approved')
      expectProblem(await pay(shopper, order.id, 'tok_approved'), 409, 'ALREADY_PAID')
      await expectCharges(target(), order, 1)
    })

    it('of a cancelled order are refused', async () => {
      const order = await newOrder()
      await shopper.client.post(`/orders/${order.id}/cancellation`)
      expectProblem(await pay(shopper, order.id, 'tok_approved'), 409, 'ALREADY_CANCELLED')
      await expectCharges(target(), order, 0)
    })

    it('with many keys at once charge once', async () => {
      const order = await newOrder()
      const answers = await Promise.all(Array.from({ length: 10 }, () => pay(shopper, order.id, 'tok_approved')))
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
      for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
        expect({ status, code: (body as unknown as { code: string }).code }).toEqual({
          status: 409,
          code: ALREADY_OR_IN_PROGRESS,
        })
      }
      await expectCharges(target(), order, 1)
    })

    it('with a slow card are waited for, and nobody else pays meanwhile', async () => {
      const order = await newOrder()
      const key = randomUUID()
      const slow = pay(shopper, order.id, 'tok_slow', key)
      await untilStatus(shopper, order.id, 'paying')
      expectProblem(await pay(shopper, order.id, 'tok_approved'), 409, 'PAYMENT_IN_PROGRESS')
      expect((await shopper.client.post(`/orders/${order.id}/cancellation`)).status).toBe(409)
      const answer = await slow
      expect(answer.status, answer.text).toBe(201)
      expect((await pay(shopper, order.id, 'tok_slow', key)).body).toEqual(answer.body)
      await expectCharges(target(), order, 1)
    })

    it('whose answer the bank lost are charged exactly once', async () => {
      const order = await newOrder()
      const key = randomUUID()
      let answer = await pay(shopper, order.id, 'tok_lost_reply', key)
      for (let retry = 0; retry < 5 && answer.status === 503; retry++) {
        expectProblem(answer, 503, 'PAYMENT_PENDING')
        answer = await pay(shopper, order.id, 'tok_lost_reply', key)
      }
      expect(answer.status, answer.text).toBe(201)
      expect(await statusOf(order.id)).toBe('paid')
      expectProblem(await pay(shopper, order.id, 'tok_approved'), 409, 'ALREADY_PAID')
      await expectCharges(target(), order, 1)
    })

    it('are for the owner of the order', async () => {
      const order = await newOrder()
      const other = await newShopper(target())
      expectProblem(await pay(other, order.id, 'tok_approved'), 404, 'ORDER_NOT_FOUND')
      const nobody = { ...other, client: clientOf(target()) }
      expectProblem(await pay(nobody, order.id, 'tok_approved'), 401, 'NOT_LOGGED_IN')
      expectProblem(await pay(shopper, 'ord_missing', 'tok_approved'), 404, 'ORDER_NOT_FOUND')
      expect(await statusOf(order.id)).toBe('placed')
    })

    it.each([
      {},
      { card: 1 },
      { card: null },
      { card: '' },
      { card: 'tok_approved', amountCents: 1 },
      { card: ['tok_approved'] },
    ])('refuse %j', async (body) => {
      const order = await newOrder()
      const answer = await shopper.client.post(`/orders/${order.id}/payments`, body, { key: randomUUID() })
      expectProblem(answer, 400, 'BAD_REQUEST')
    })
  })
}

const ALREADY_OR_IN_PROGRESS: unknown = expect.stringMatching(/^(ALREADY_PAID|PAYMENT_IN_PROGRESS)$/)

async function untilStatus(shopper: Shopper, orderId: string, wanted: string): Promise<void> {
  await expect
    .poll(async () => (await shopper.client.get<Order>(`/orders/${orderId}`)).body.status, { timeout: 1_800, interval: 20 })
    .toBe(wanted)
}

type Ledger = { charges: { key: string; reference: string; amountCents: number; status: string }[] }

/** Asks the bank itself how often the order was charged; a shop of which only the address is known has no bank to ask. */
export async function expectCharges(target: Target, order: Order, count: number): Promise<void> {
  if (target.bankUrl === undefined) return
  const { body } = await clientOf({ url: target.bankUrl }).get<Ledger>('/ledger')
  const captured = body.charges.filter(({ reference, status }) => reference === order.id && status === 'captured')
  expect(captured.map(({ amountCents }) => amountCents)).toEqual(Array(count).fill(order.totalCents))
}
