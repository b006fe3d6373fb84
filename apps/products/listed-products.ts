import type { Databases } from '../platform/mysql/database.ts'
import type { ProductsTables } from './queries.ts'
import { type ListedRow, selectProductsById } from './queries.ts'
import type { ListedProduct } from './schemas.ts'

/** Products in the order of their ids; an id that there is no product of is left out. */
export type ProductsById = (ids: readonly string[]) => Promise<ListedProduct[]>

export function productsById({ reads }: Pick<Databases<ProductsTables>, 'reads'>): ProductsById {
  return async (ids) => {
    const rows = new Map((await selectProductsById(reads, ids)).map((row) => [row.id, row]))
    return ids.flatMap((id) => rows.get(id) ?? []).map(toListedProduct)
  }
}

export function toListedProduct({ id, name, price_cents, category_id, stock }: ListedRow): ListedProduct {
  return { id, name, priceCents: price_cents, categoryId: category_id, stock }
}
