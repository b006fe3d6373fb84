import Type from 'typebox'
import type { Order } from '../orders/order.ts'
import { INTERNAL_PATHS as ORDERS } from '../orders/paths.ts'
import { type Needs, reading } from '../platform/calls/needs.ts'

const id = Type.String()
const count = Type.Integer()
const items = Type.Array(Type.Object({ productId: id, name: Type.String(), quantity: count, unitPriceCents: count }))
const status = Type.Enum(['placed', 'paying', 'paid', 'cancelled'], { type: 'string' })
const Held = Type.Object({ userId: id, id, paymentId: id })
const read = reading<Order>()(Type.Object({ id, status, totalCents: count, items, createdAt: Type.String() }))

/** What payments ask of the orders that they are for. */
export const PAYMENTS_NEED: Needs = {
  orders: {
    [`POST ${ORDERS.find}`]: { sends: Type.Object({ userId: id, id }), reads: read },
    [`POST ${ORDERS.claimForPayment}`]: { sends: Held, reads: read },
    [`POST ${ORDERS.markPaid}`]: {
      sends: Type.Object({ userId: id, order: Type.Object({ id, items }), paymentId: id }),
    },
    [`POST ${ORDERS.releasePayment}`]: { sends: Held },
  },
}
