/** Customers who come one after the other, each for something of their own, so that in a short time all are seen. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Crowd, logIn } from './crowd.ts'
import { type Journey, order, productAt, shopperAt, shopWithCart } from './journeys.ts'
import { newOrder, newPayment, type PaymentRequest, payOrder, placeOrder } from './purchases.ts'
import { spreadShoppers } from './spread-shoppers.ts'
import type { Traffic } from './traffic.ts'

/** About one of each bucket. */
const PAYERS = 64
/** So many at once, the next when they are served, and not sooner than that: visitors are no overload. */
const AT_ONCE = 10
const EVERY_MS = 350
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
  const orderOnly = async (crowd: Crowd, index: number): Promise<void> => {
    const session = shopperAt(crowd, index)
    const orderId = await placeOrder(crowd, newOrder(session, productAt(crowd, index)))
    if (orderId !== undefined) unpaid.push(newPayment(session, orderId, 'tok_approved'))
  }
  return {
    orderFirst: () => inLots(rush, orderOnly, { times: PAYERS }),
    come: (withinMs) => inLots(rush, visit, { times: customers, withinMs }),
  }
}

type Lots = { readonly times: number; readonly withinMs?: number | undefined }

async function inLots(
  rush: Traffic['rush'],
  journey: Journey,
  { times, withinMs = Number.POSITIVE_INFINITY }: Lots,
): Promise<void> {
  const endsAt = performance.now() + withinMs
  for (let first = 0; first < times && performance.now() < endsAt; first += AT_ONCE) {
    const lot = Math.min(AT_ONCE, times - first)
    await Promise.all([served(rush, (crowd, index) => journey(crowd, first + index), lot), sleep(EVERY_MS)])
  }
}

function served(rush: Traffic['rush'], journey: Journey, times: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = times
  const counted: Journey = (crowd, index) =>
    journey(crowd, index).finally(() => {
      left -= 1
      if (left === 0) resolve()
    })
  rush(counted, times)
  return promise
}

async function logInAs(crowd: Crowd, email: string): Promise<void> {
  const session = await logIn(crowd.client, email)
  if (session) crowd.guests.push(session)
}
