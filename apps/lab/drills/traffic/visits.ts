/** Customers who come one after the other, each for something of their own, so that in a short time all are seen. */
import { type Crowd, logIn } from './crowd.ts'
import { order, shopWithCart } from './journeys.ts'
import { inLots } from './lots.ts'
import { orderOnly } from './pay-later.ts'
import { type PaymentRequest, payOrder } from './purchases.ts'
import { spreadShoppers } from './spread-shoppers.ts'
import type { Traffic } from './traffic.ts'

/** About one of each bucket. */
const PAYERS = 64
/** With every so many-th somebody puts something into a cart, and somebody logs in: not more often, as log-ins are limited. */
const CART_EVERY = 5
const LOG_IN_EVERY = 10

export type Visits = {
  /** Some order what they will pay for later. */
  orderFirst(): Promise<void>
  /** Everybody, once, as far as there is time: those who have ordered pay, the others order. */
  come(withinMs?: number): Promise<void>
}

export function visitsOf(rush: Traffic['rush'], customers: number): Visits {
  const unpaid: PaymentRequest[] = []
  const emails = spreadShoppers(customers)
  const visit = (crowd: Crowd, index: number): Promise<unknown> => {
    if (index % CART_EVERY === 0) rush(shopWithCart, 1)
    if (index % LOG_IN_EVERY === 0) rush((own) => logInAs(own, emails[index] ?? ''), 1)
    const payment = unpaid[index]
    return payment ? payOrder(crowd, payment) : order(crowd, index)
  }
  return {
    orderFirst: async () => void unpaid.push(...(await orderOnly(rush, PAYERS))),
    come: (withinMs) => inLots(rush, visit, { times: customers, withinMs }),
  }
}

async function logInAs(crowd: Crowd, email: string): Promise<void> {
  const session = await logIn(crowd.client, email)
  if (session) crowd.guests.push(session)
}
