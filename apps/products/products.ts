import { ShopError } from '../platform/http/errors.ts'
import type { Json } from '../platform/http/json-text.ts'
import type { Database, Databases } from '../platform/mysql/database.ts'
import { decodeCursor, encodeCursor } from './list-cursor.ts'
import type { ProductsTables } from './queries.ts'
import {
  type ListedRow,
  type SortOrder,
  selectProduct,
  selectProducts,
  selectProductsById,
  selectRelated,
  updateProduct,
} from './queries.ts'
import type { ListedProduct, PricedProduct, ProductChange, ProductList, ProductPage, Sort } from './schemas.ts'

export type ListRequest = { category?: string; sort: Sort; limit: number; cursor?: string }

export const ORDERS = {
  popular: { column: 'popularity', direction: 'desc' },
  price: { column: 'price_cents', direction: 'asc' },
  '-price': { column: 'price_cents', direction: 'desc' },
} as const satisfies Record<Sort, SortOrder>

/** The catalogue. */
export interface Products {
  /** Throws PRODUCT_NOT_FOUND. */
  page(id: string): Promise<Json<ProductPage>>
  /** Throws BAD_REQUEST for a cursor of another list. */
  list(request: ListRequest): Promise<Json<ProductList>>
  /** Throws PRODUCT_NOT_FOUND. The next `page` through any copy of the app sees the change. */
  change(id: string, change: ProductChange): Promise<ProductPage>
  /** In the order of the ids; one that there is no product of is left out. */
  byIds(ids: readonly string[]): Promise<ListedProduct[]>
  /** The same with no more than is never old: what was changed before is seen, as on a page. */
  current(ids: readonly string[]): Promise<PricedProduct[]>
  /** To be called when orders took stock of these products or gave it back: the next `page` shows what is left. Never throws. */
  stockChanged(ids: readonly string[]): Promise<void>
}

/** The catalogue as the database has it. */
export interface StoredProducts extends Products {
  page(id: string): Promise<ProductPage>
  list(request: ListRequest): Promise<ProductList>
  /** As `change`; `hasChanged` is false where it was so already, and nothing was committed. */
  update(id: string, change: ProductChange): Promise<{ readonly page: ProductPage; readonly hasChanged: boolean }>
}

/** Related products on a page. */
export const RELATED = 4

export function makeProducts({ writes, reads }: Databases<ProductsTables>): StoredProducts {
  const update: StoredProducts['update'] = async (id, { priceCents, ...rest }) => {
    const price = priceCents === undefined ? {} : { price_cents: priceCents }
    const { hasChanged } = await updateProduct(writes, id, { ...rest, ...price })
    return { page: await readPage(writes, id), hasChanged }
  }
  return {
    update,
    page: (id) => readPage(reads, id),
    list: (request) => readList(reads, request),
    change: async (id, change) => (await update(id, change)).page,
    byIds: (ids) => readByIds(reads, ids),
    // A replica may not have heard of a new price yet.
    current: async (ids) => (await readByIds(writes, ids)).map(toPricedProduct),
    // Nothing is kept here that could be old.
    stockChanged: async () => {},
  }
}

async function readPage(db: Database<ProductsTables>, id: string): Promise<ProductPage> {
  const page = await findPage(db, id)
  if (!page) throw new ShopError('PRODUCT_NOT_FOUND')
  return page
}

export async function findPage(db: Database<ProductsTables>, id: string): Promise<ProductPage | undefined> {
  const product = await selectProduct(db, id)
  if (!product) return undefined
  const related = await selectRelated(db, product.category_id, id, RELATED)
  return {
    id: product.id,
    name: product.name,
    description: product.description,
    priceCents: product.price_cents,
    stock: product.stock,
    popularity: product.popularity,
    category: { id: product.category_id, name: product.category_name },
    related: related.map(({ id, name, price_cents }) => ({ id, name, priceCents: price_cents })),
  }
}

/** Throws BAD_REQUEST for a cursor of another list. */
export async function readList(
  db: Database<ProductsTables>,
  { category, sort, limit, cursor }: ListRequest,
): Promise<ProductList> {
  const order = ORDERS[sort]
  const after = cursor === undefined ? undefined : decodeCursor(cursor, sort)
  const rows = await selectProducts(db, { order, most: limit + 1, ...(category && { category }), ...(after && { after }) })
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    items: shown.map(toListedProduct),
    nextCursor: last ? encodeCursor(sort, { value: last[order.column], id: last.id }) : null,
  }
}

async function readByIds(db: Database<ProductsTables>, ids: readonly string[]): Promise<ListedProduct[]> {
  const rows = new Map((await selectProductsById(db, ids)).map((row) => [row.id, row]))
  return ids.flatMap((id) => rows.get(id) ?? []).map(toListedProduct)
}

export function toPricedProduct({ id, name, priceCents }: PricedProduct): PricedProduct {
  return { id, name, priceCents }
}

function toListedProduct({ id, name, price_cents, category_id, stock }: ListedRow): ListedProduct {
  return { id, name, priceCents: price_cents, categoryId: category_id, stock }
}
