import { allOf, type Store } from '../platform/mysql/store.ts'
import type { Sold } from './order.ts'
import { type OrdersTables, selectSold } from './queries.ts'

/** Reads every paid order. */
const COUNTED_WITHIN_MS = 10_000

/** Pieces in paid orders by product, those sold most first, whoever bought them. Throws UNAVAILABLE where not all can be asked. */
export async function soldIn(store: Pick<Store<OrdersTables>, 'each'>): Promise<Sold[]> {
  const parts = allOf(await store.each(({ reads }) => selectSold(reads), { withinMs: COUNTED_WITHIN_MS }))
  const pieces = new Map<string, number>()
  for (const sold of parts.flat()) pieces.set(sold.productId, (pieces.get(sold.productId) ?? 0) + sold.pieces)
  return [...pieces].map(([productId, pieces]) => ({ productId, pieces })).sort(mostFirst)
}

function mostFirst(one: Sold, other: Sold): number {
  return other.pieces - one.pieces || (one.productId < other.productId ? 1 : -1)
}
