import { type Call, type RemotePlace, remote } from '../../platform/calls/remote.ts'
import { STOCK_PATHS as PATHS } from '../paths.ts'
import type { Line, Stock } from './stock.ts'

/** The shelf of another process. */
export function stockClient(place: RemotePlace): Stock {
  const call: Call = remote(place)
  return {
    take: async (orderId, items) => (await call('POST', PATHS.take, { orderId, items: items.map(pieces) })) as readonly Line[],
    async giveBack(orderId, items) {
      await call('POST', PATHS.giveBack, { orderId, ...(items && { items: items.map(pieces) }) })
    },
    async keep(orderIds) {
      await call('POST', PATHS.keep, { orderIds })
    },
    unsettled: async (after, most) => (await call('POST', PATHS.unsettled, { after, most })) as readonly string[],
    outlived: async (after, most) => (await call('POST', PATHS.outlived, { after, most })) as readonly string[],
    async forget(orderIds) {
      await call('POST', PATHS.forget, { orderIds })
    },
  }
}

/** Of lines too. */
function pieces({ productId, quantity }: { readonly productId: string; readonly quantity: number }) {
  return { productId, quantity }
}
