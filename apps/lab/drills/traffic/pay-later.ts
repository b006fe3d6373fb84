import { setTimeout as sleep } from 'node:timers/promises'
import type { Crowd } from './crowd.ts'
import { productAt, shopperAt } from './journeys.ts'
import { inLots } from './lots.ts'
import { newOrder, newPayment, type PaymentRequest, payOrder, placeOrder } from './purchases.ts'
import type { Traffic } from './traffic.ts'

/** So many pay at once, however long that takes, and the next ones soon after. */
const PAY_AT_ONCE = 8
const PAY_EVERY_MS = 100

/** So many order, each another customer, and pay when they are told to, all of them within a moment. */
export async function payLater(rush: Traffic['rush'], times: number): Promise<{ pay(): Promise<void> }> {
  const unpaid = await orderOnly(rush, times)
  const payNext = async (crowd: Crowd): Promise<void> => {
    const payment = unpaid.shift()
    if (payment) await payOrder(crowd, payment)
  }
  return {
    async pay() {
      while (unpaid.length > 0) {
        rush(payNext, PAY_AT_ONCE)
        await sleep(PAY_EVERY_MS)
      }
    },
  }
}

/** What so many customers have ordered and not paid. */
export async function orderOnly(rush: Traffic['rush'], times: number): Promise<PaymentRequest[]> {
  const unpaid: PaymentRequest[] = []
  const order = async (crowd: Crowd, index: number): Promise<void> => {
    const session = shopperAt(crowd, index)
    const orderId = await placeOrder(crowd, newOrder(session, productAt(crowd, index)))
    if (orderId !== undefined) unpaid.push(newPayment(session, orderId, 'tok_approved'))
  }
  await inLots(rush, order, { times })
  return unpaid
}
