import { ShopError } from '../platform/http/errors.ts'
import type { Database } from '../platform/mysql/database.ts'
import type { ProductsTables } from './queries.ts'
import { selectProductsById } from './queries.ts'

/** The pieces in stock of each of these products. */
export async function stocksOf(db: Database<ProductsTables>, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  return new Map((await selectProductsById(db, ids)).map(({ id, stock }) => [id, stock]))
}

export function outOfStock(productId: string, left: number): ShopError {
  return new ShopError('OUT_OF_STOCK', `of product ${productId} there are ${left} left`)
}
