import type { Item } from '../flash-sales/gate.ts'

/** Pieces of a product, at the price of the moment when they were taken. */
export type Line = {
  readonly productId: string
  readonly name: string
  readonly quantity: number
  readonly unitPriceCents: number
}

/** The pieces that orders take from the shelf, where an order need not be in the same database. Each call may be repeated. */
export interface Stock {
  /**
   * All pieces or none, in one commit, once for each order. Until somebody says that they are kept or come back, somebody has to look
   * after a while. Throws PRODUCT_NOT_FOUND or OUT_OF_STOCK, and TOO_LATE for an order that was given back: it takes nothing any more.
   */
  take(orderId: string, items: readonly Item[]): Promise<readonly Line[]>
  /** Whatever was taken, were it only taken later. `items` are those of an order of which this shelf was never told. */
  giveBack(orderId: string, items?: readonly Item[]): Promise<void>
  /** The orders are placed: nobody has to look after their pieces any more. One commit for all. */
  keep(orderIds: readonly string[]): Promise<void>
  /** Orders whose pieces were neither kept nor given back in time, in the order of their ids, from behind `after` on. */
  unsettled(after: string, most: number): Promise<readonly string[]>
  /**
   * Orders that were given back so long ago that nothing late comes of their requests any more; likewise in order. Not those that came
   * back with items: such an order was placed, and somebody may still wake up who is about to give it back.
   */
  outlived(after: string, most: number): Promise<readonly string[]>
  /** That these were given back, as far as they are outlived. */
  forget(orderIds: readonly string[]): Promise<void>
}
