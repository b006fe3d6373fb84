import type { IdempotentRequest } from '../../platform/http/idempotency.ts'
import type { FlashSaleRow } from './queries.ts'

/** So many pieces of a product that somebody wants. */
export type Item = { readonly productId: string; readonly quantity: number }

/**
 * Stands before the checkout of products in a flash sale, and sends those away for whom nothing is left. It may let too many in, for
 * MySQL decides what is sold; it must not keep anybody out for long while there is something left.
 */
export interface SaleGate {
  open(sale: FlashSaleRow, pieces: number): Promise<unknown>
  /** Places the order unless what it wants is gone. Throws OUT_OF_STOCK, and what `place` throws. */
  admit<Placed>(attempt: Attempt<Placed>): Promise<Placed>
}

/** One request to place an order. */
export type Attempt<Placed> = {
  readonly request: IdempotentRequest
  readonly items: readonly Item[]
  place(): Promise<Placed>
  /** Whether the same request has placed an order before. */
  isPlaced(): Promise<boolean>
}

/** Where MySQL has to say to each buyer that he is too late. */
export const NO_GATE: SaleGate = {
  open: async () => {},
  admit: ({ place }) => place(),
}
