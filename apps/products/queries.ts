import { type SelectQueryBuilder, sql, type Transaction } from 'kysely'
import { compiled } from '../platform/mysql/compiled.ts'
import type { Database } from '../platform/mysql/database.ts'

export type ProductsTables = {
  categories: { id: string; name: string }
  products: {
    id: string
    category_id: string
    name: string
    description: string
    price_cents: number
    stock: number
    popularity: number
  }
}

export type ProductChange = Partial<Pick<ProductsTables['products'], 'price_cents' | 'name' | 'description' | 'stock'>>

const productById = compiled((db: Database<ProductsTables>, id: string) =>
  db
    .selectFrom('products as p')
    .innerJoin('categories as c', 'c.id', 'p.category_id')
    .select(['p.id', 'p.name', 'p.description', 'p.price_cents', 'p.stock', 'p.popularity', 'p.category_id'])
    .select('c.name as category_name')
    .where('p.id', '=', id),
)

export async function selectProduct(db: Database<ProductsTables>, id: string) {
  return (await productById(db, id)).rows[0]
}

const mostPopular = compiled((db: Database<ProductsTables>, categoryId: string, exceptId: string, most: number) =>
  db
    .selectFrom('products')
    .select(['id', 'name', 'price_cents'])
    .where('category_id', '=', categoryId)
    .where('id', '!=', exceptId)
    .orderBy('popularity', 'desc')
    .orderBy('id', 'desc')
    .limit(most),
)

/** The most popular others of the category. */
export async function selectRelated(db: Database<ProductsTables>, categoryId: string, exceptId: string, most: number) {
  return (await mostPopular(db, categoryId, exceptId, most)).rows
}

/** The whole category of a product, the most popular first: none where there is no such product. */
export async function selectCategoryOf(db: Database<ProductsTables>, id: string) {
  return db
    .selectFrom('products as p')
    .innerJoin('products as other', 'other.category_id', 'p.category_id')
    .select(['other.id', 'other.category_id'])
    .where('p.id', '=', id)
    .orderBy('other.popularity', 'desc')
    .orderBy('other.id', 'desc')
    .execute()
}

type Updated = { readonly isThere: boolean; readonly hasChanged: boolean }

/** Whether there is such a product, and whether it was otherwise before. */
export async function updateProduct(db: Database<ProductsTables>, id: string, change: ProductChange): Promise<Updated> {
  const query = db.updateTable('products').set(change).where('id', '=', id)
  const { numUpdatedRows, numChangedRows } = await query.executeTakeFirst()
  return { isThere: numUpdatedRows === 1n, hasChanged: numChangedRows !== 0n }
}

export type SortOrder = { readonly column: 'popularity' | 'price_cents'; readonly direction: 'asc' | 'desc' }
export type ListPosition = { readonly value: number; readonly id: string }
export type ListQuery = {
  readonly category?: string
  readonly order: SortOrder
  readonly after?: ListPosition
  readonly most: number
}

/** Keyset pagination: the page starts behind a position in the index instead of counting rows from the start. */
export async function selectProducts(db: Database<ProductsTables>, { category, order, after, most }: ListQuery) {
  let query = db.selectFrom('products').select(['id', 'name', 'price_cents', 'stock', 'category_id', 'popularity'])
  if (category !== undefined) query = query.where('category_id', '=', category)
  if (after !== undefined) query = query.where(behind(order, after))
  return inOrder(query, order).limit(most).execute()
}

function inOrder<Row>(query: SelectQueryBuilder<ProductsTables, 'products', Row>, { column, direction }: SortOrder) {
  return query.orderBy(column, direction).orderBy('id', direction)
}

/** Spelled out, because MySQL reads `(a, b) < (x, y)` without its index. */
function behind({ column, direction }: SortOrder, { value, id }: ListPosition) {
  const compare = sql.raw(direction === 'asc' ? '>' : '<')
  const by = sql.ref(column)
  return sql<boolean>`${by} ${compare}= ${value} and (${by} ${compare} ${value} or id ${compare} ${id})`
}

const lockById = compiled((db: Database<ProductsTables>, ids: readonly string[]) =>
  db.selectFrom('products').select(['id', 'name', 'price_cents', 'stock']).where('id', 'in', ids).orderBy('id').forUpdate(),
)

/** Locks the products until the transaction ends, always in the order of their ids, so that two orders cannot deadlock on them. */
export async function lockProducts(trx: Transaction<ProductsTables>, ids: readonly string[]) {
  return (await lockById(trx, ids)).rows
}

export type Pieces = { readonly productId: string; readonly quantity: number }

const subtractStocks = compiled((db: Database<ProductsTables>, pieces: readonly Pieces[]) =>
  db
    .updateTable('products')
    .set({ stock: sql<number>`stock - ${quantityIn(pieces)}` })
    .where('id', 'in', idsOf(pieces))
    .where('stock', '>=', quantityIn(pieces)),
)

/** All in one statement. False where the stock of one is too small: what was taken of the others goes with the transaction. */
export async function takeStock(trx: Transaction<ProductsTables>, pieces: readonly Pieces[]): Promise<boolean> {
  const own = pieces.map(({ productId, quantity }) => ({ productId, quantity }))
  return (await subtractStocks(trx, own)).numAffectedRows === BigInt(pieces.length)
}

/** The database finds the products by their ids, in whose order a checkout locks them too. */
export async function returnStock(trx: Transaction<ProductsTables>, pieces: readonly Pieces[]): Promise<void> {
  const stock = sql<number>`stock + ${quantityIn(pieces)}`
  await trx.updateTable('products').set({ stock }).where('id', 'in', idsOf(pieces)).execute()
}

/** The quantity of the product whose row it is. */
function quantityIn(pieces: readonly Pieces[]) {
  const cases = pieces.map(({ productId, quantity }) => sql`when ${productId} then ${quantity}`)
  return sql<number>`case id ${sql.join(cases, sql` `)} end`
}

function idsOf(pieces: readonly Pieces[]): string[] {
  return pieces.map(({ productId }) => productId)
}

export async function insertCategories(db: Database<ProductsTables>, categories: ProductsTables['categories'][]): Promise<void> {
  await db.insertInto('categories').values(categories).execute()
}

export async function insertProducts(db: Database<ProductsTables>, products: ProductsTables['products'][]): Promise<void> {
  await db.insertInto('products').values(products).execute()
}

export async function selectSeededProducts(db: Database<ProductsTables>) {
  return db.selectFrom('products').selectAll().orderBy('id').execute()
}

export type ListedRow = Pick<ProductsTables['products'], 'id' | 'name' | 'price_cents' | 'category_id' | 'stock'>

export async function selectProductsById(db: Database<ProductsTables>, ids: readonly string[]): Promise<ListedRow[]> {
  if (ids.length === 0) return []
  return db.selectFrom('products').select(['id', 'name', 'price_cents', 'category_id', 'stock']).where('id', 'in', ids).execute()
}
