import type { IdempotentRequest } from '../platform/http/idempotency.ts'
import type { Databases } from '../platform/mysql/database.ts'
import type { SaleGate } from '../products/flash-sales/gate.ts'
import type { Orders } from './orders.ts'
import { type OrdersTables, selectOrderKey } from './queries.ts'

/** The same orders, of which those for products in a sale go through the gate. */
export function throughGate(orders: Orders, gate: SaleGate, { writes }: Pick<Databases<OrdersTables>, 'writes'>): Orders {
  const isPlaced = async ({ userId, key }: IdempotentRequest) => (await selectOrderKey(writes, userId, key)) !== undefined
  return {
    ...orders,
    place: (request, draft) =>
      gate.admit({
        request,
        items: draft.items,
        place: () => orders.place(request, draft),
        isPlaced: () => isPlaced(request),
      }),
  }
}
