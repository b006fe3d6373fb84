import Type from 'typebox'
import { Id, Nothing } from '../platform/http/schemas.ts'
import type { App } from '../platform/http/server.ts'
import { MOST_PRODUCTS } from './order.ts'
import type { PayableOrders } from './orders.ts'
import { INTERNAL_PATHS as PATHS } from './paths.ts'
import { Order } from './routes.ts'
import { StrictLine } from './strict-line.ts'

const strict = { additionalProperties: false }
const Found = Type.Object({ userId: Id, id: Id }, strict)
const Held = Type.Object({ userId: Id, id: Id, paymentId: Id }, strict)
const Sold = Type.Object({ id: Id, items: Type.Array(StrictLine, { minItems: 1, maxItems: MOST_PRODUCTS }) }, strict)
const Paid = Type.Object({ userId: Id, order: Sold, paymentId: Id }, strict)

/** What payments need of orders, for the shop's other processes. */
export function ordersInternalRoutes(app: App, orders: PayableOrders): void {
  const answered = { hide: true, response: { 200: Order } }
  const done = { hide: true, response: { 200: Nothing } }
  app.post(PATHS.find, { schema: { ...answered, body: Found } }, ({ body }) => orders.find(body.userId, body.id))
  app.post(PATHS.claimForPayment, { schema: { ...answered, body: Held } }, ({ body: { userId, id, paymentId } }) =>
    orders.claimForPayment(userId, id, paymentId),
  )
  app.post(PATHS.markPaid, { schema: { ...done, body: Paid } }, async ({ body: { userId, order, paymentId } }) => {
    await orders.markPaid(userId, order, paymentId)
    return {}
  })
  app.post(PATHS.releasePayment, { schema: { ...done, body: Held } }, async ({ body: { userId, id, paymentId } }) => {
    await orders.releasePayment(userId, id, paymentId)
    return {}
  })
}
