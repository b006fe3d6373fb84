import type { Sold, SoldOrder } from './order.ts'

export const MOST_BESTSELLERS = 100

/** What is sold most. */
export interface Bestsellers {
  /** The first `limit` (at most MOST_BESTSELLERS), most pieces first; of those sold alike the one with the greater id. */
  top(limit: number): Promise<Sold[]>
  /** To be called before the order is marked as paid; what it answers counts the order, and is to be called once it is. */
  selling(order: SoldOrder): Promise<() => Promise<void>>
}
