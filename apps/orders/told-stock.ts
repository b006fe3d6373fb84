import { ShopError } from '../platform/http/errors.ts'
import type { Orders } from './orders.ts'

/** Hears of products of which an order took stock or gave it back. */
export type StockListener = { stockChanged(productIds: readonly string[]): Promise<void> }

/** The same orders; whoever shows a stock is told of it before the order is answered, so that its buyer sees what is left. */
export function tellStock(orders: Orders, listener: StockListener): Orders {
  return {
    ...orders,
    async place(request, draft) {
      const tell = () => listener.stockChanged(draft.items.map(({ productId }) => productId))
      try {
        const placed = await orders.place(request, draft)
        // A repeat is told too: the app that placed the order may have ended before it could.
        await tell()
        return placed
      } catch (error) {
        // What was refused changed nothing; of other errors nobody knows.
        if (!(error instanceof ShopError)) await tell()
        throw error
      }
    },
    async cancel(userId, id) {
      const cancelled = await orders.cancel(userId, id)
      await listener.stockChanged(cancelled.items.map(({ productId }) => productId))
      return cancelled
    },
  }
}
