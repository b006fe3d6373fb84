import { type Call, type RemotePlace, remote } from '../platform/calls/remote.ts'
import type { Order } from './order.ts'
import type { PayableOrders } from './orders.ts'
import { INTERNAL_PATHS as PATHS } from './paths.ts'

/** The orders of another process. */
export function ordersClient(place: RemotePlace): PayableOrders {
  const call: Call = remote(place)
  return {
    find: async (userId, id) => (await call('POST', PATHS.find, { userId, id })) as Order,
    claimForPayment: async (userId, id, paymentId) =>
      (await call('POST', PATHS.claimForPayment, { userId, id, paymentId })) as Order,
    async markPaid(userId, { id, items }, paymentId) {
      const pieces = items.map(({ productId, name, quantity, unitPriceCents }) => ({ productId, name, quantity, unitPriceCents }))
      await call('POST', PATHS.markPaid, { userId, order: { id, items: pieces }, paymentId })
    },
    async releasePayment(userId, id, paymentId) {
      await call('POST', PATHS.releasePayment, { userId, id, paymentId })
    },
  }
}
