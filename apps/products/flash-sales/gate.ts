import type { OrderItem, Orders } from '../../orders/orders.ts'
import type { FlashSaleRow } from '../../orders/queries.ts'
import type { IdempotentRequest } from '../../platform/http/idempotency.ts'

/**
 * Stands before the checkout of products in a flash sale, and sends those away for whom nothing is left. It may let too many in, for
 * MySQL decides what is sold; it must not keep anybody out for long while there is something left.
 */
export interface SaleGate {
  open(sale: FlashSaleRow, pieces: number): Promise<unknown>
  /** Places the order unless what it wants is gone. Throws OUT_OF_STOCK, and what `place` throws. */
  admit<Placed>(request: IdempotentRequest, items: readonly OrderItem[], place: () => Promise<Placed>): Promise<Placed>
}

/** Where MySQL has to say to each buyer that he is too late. */
export const NO_GATE: SaleGate = {
  open: async () => {},
  admit: (_request, _items, place) => place(),
}

/** The same orders, of which those for products in a sale go through the gate. */
export function throughGate(orders: Orders, gate: SaleGate): Orders {
  return {
    ...orders,
    place: (request, draft) => gate.admit(request, draft.items, () => orders.place(request, draft)),
  }
}
