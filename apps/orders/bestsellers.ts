import type { Order, Orders } from './orders.ts'

/** How many pieces of a product are in paid orders. */
export type Sold = { readonly productId: string; readonly pieces: number }

export type SoldOrder = Pick<Order, 'id' | 'items'>

export const MOST_BESTSELLERS = 100

/** What is sold most. */
export interface Bestsellers {
  /** The first `limit` (at most MOST_BESTSELLERS), most pieces first; of those sold alike the one with the greater id. */
  top(limit: number): Promise<Sold[]>
  /** Runs `pay`, and counts the order if that answers true, as it does once for each order. */
  counting(order: SoldOrder, pay: () => Promise<boolean>): Promise<boolean>
}

/** The same orders, whose payments are counted as sales. */
export function countSales(orders: Orders, bestsellers: Bestsellers): Orders {
  return { ...orders, markPaid: (order, paymentId) => bestsellers.counting(order, () => orders.markPaid(order, paymentId)) }
}
