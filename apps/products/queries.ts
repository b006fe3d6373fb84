import { type SelectQueryBuilder, sql, type Transaction } from 'kysely'
import { compiled } from '../platform/mysql/compiled.ts'
import type { Database, Tables } from '../platform/mysql/database.ts'
import { withRetries } from '../platform/mysql/transactions.ts'

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
  /** Ids with a space between them, the last one first. */
  recent_views: { user_id: string; product_ids: string; viewed_at: Date }
}

export type ProductChange = Partial<Pick<ProductsTables['products'], 'price_cents' | 'name' | 'description' | 'stock'>>

const productById = compiled((db, id: string) =>
  db
    .selectFrom('products as p')
    .innerJoin('categories as c', 'c.id', 'p.category_id')
    .select(['p.id', 'p.name', 'p.description', 'p.price_cents', 'p.stock', 'p.popularity', 'p.category_id'])
    .select('c.name as category_name')
    .where('p.id', '=', id),
)

export async function selectProduct(db: Database, id: string) {
  return (await productById(db, id)).rows[0]
}

const mostPopular = compiled((db, categoryId: string, exceptId: string, most: number) =>
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
export async function selectRelated(db: Database, categoryId: string, exceptId: string, most: number) {
  return (await mostPopular(db, categoryId, exceptId, most)).rows
}

/** The whole category of a product, the most popular first: none where there is no such product. */
export async function selectCategoryOf(db: Database, id: string) {
  return db
    .selectFrom('products as p')
    .innerJoin('products as other', 'other.category_id', 'p.category_id')
    .select(['other.id', 'other.category_id'])
    .where('p.id', '=', id)
    .orderBy('other.popularity', 'desc')
    .orderBy('other.id', 'desc')
    .execute()
}

export async function updateProduct(db: Database, id: string, change: ProductChange): Promise<void> {
  await db.updateTable('products').set(change).where('id', '=', id).execute()
}

export type Order = { readonly column: 'popularity' | 'price_cents'; readonly direction: 'asc' | 'desc' }
export type Position = { readonly value: number; readonly id: string }
export type ListQuery = { readonly category?: string; readonly order: Order; readonly after?: Position; readonly most: number }

/** Keyset pagination: the page starts behind a position in the index instead of counting rows from the start. */
export async function selectProducts(db: Database, { category, order, after, most }: ListQuery) {
  let query = db.selectFrom('products').select(['id', 'name', 'price_cents', 'stock', 'category_id', 'popularity'])
  if (category !== undefined) query = query.where('category_id', '=', category)
  if (after !== undefined) query = query.where(behind(order, after))
  return inOrder(query, order).limit(most).execute()
}

function inOrder<Row>(query: SelectQueryBuilder<Tables, 'products', Row>, { column, direction }: Order) {
  return query.orderBy(column, direction).orderBy('id', direction)
}

/** Spelled out, because MySQL reads `(a, b) < (x, y)` without its index. */
function behind({ column, direction }: Order, { value, id }: Position) {
  const compare = sql.raw(direction === 'asc' ? '>' : '<')
  const by = sql.ref(column)
  return sql<boolean>`${by} ${compare}= ${value} and (${by} ${compare} ${value} or id ${compare} ${id})`
}

const lockById = compiled((db, ids: readonly string[]) =>
  db.selectFrom('products').select(['id', 'name', 'price_cents', 'stock']).where('id', 'in', ids).orderBy('id').forUpdate(),
)

/** Locks the products until the transaction ends, always in the order of their ids, so that two orders cannot deadlock on them. */
export async function lockProducts(trx: Transaction<Tables>, ids: readonly string[]) {
  return (await lockById(trx, ids)).rows
}

const subtractStock = compiled((db, id: string, quantity: number) =>
  db
    .updateTable('products')
    .set(({ eb }) => ({ stock: eb('stock', '-', quantity) }))
    .where('id', '=', id)
    .where('stock', '>=', quantity),
)

/** False, and nothing taken, where the stock is too small. */
export async function takeStock(trx: Transaction<Tables>, id: string, quantity: number): Promise<boolean> {
  return (await subtractStock(trx, id, quantity)).numAffectedRows === 1n
}

export async function returnStock(trx: Transaction<Tables>, id: string, quantity: number): Promise<void> {
  await trx
    .updateTable('products')
    .set(({ eb }) => ({ stock: eb('stock', '+', quantity) }))
    .where('id', '=', id)
    .execute()
}

export async function insertCategories(db: Database, categories: ProductsTables['categories'][]): Promise<void> {
  await db.insertInto('categories').values(categories).execute()
}

export async function insertProducts(db: Database, products: ProductsTables['products'][]): Promise<void> {
  await db.insertInto('products').values(products).execute()
}

export async function selectSeededProducts(db: Database) {
  return db.selectFrom('products').selectAll().orderBy('id').execute()
}

export type ListedRow = Pick<ProductsTables['products'], 'id' | 'name' | 'price_cents' | 'category_id' | 'stock'>

export async function selectProductsById(db: Database, ids: readonly string[]): Promise<ListedRow[]> {
  if (ids.length === 0) return []
  return db.selectFrom('products').select(['id', 'name', 'price_cents', 'category_id', 'stock']).where('id', 'in', ids).execute()
}

export type View = { readonly userId: string; readonly productId: string; readonly most: number; readonly oldest: Date }

/**
 * Takes the product out of the user's list, puts it first, and cuts the list: one statement on one row, so that two views at once both
 * count. A list that was last changed before `oldest` is begun anew.
 */
export async function upsertView(db: Database, { userId, productId, most, oldest }: View): Promise<void> {
  const row = { user_id: userId, product_ids: productId, viewed_at: new Date() }
  const others = sql`TRIM(REPLACE(CONCAT(' ', product_ids, ' '), CONCAT(' ', ${productId}, ' '), ' '))`
  const list = sql<string>`SUBSTRING_INDEX(CONCAT_WS(' ', ${productId}, NULLIF(${others}, '')), ' ', ${most})`
  const product_ids = sql<string>`IF(viewed_at < ${oldest}, ${productId}, ${list})`
  const query = db.insertInto('recent_views').values(row).onDuplicateKeyUpdate({ product_ids, viewed_at: row.viewed_at })
  await withRetries(() => query.execute())
}

export type ViewList = { readonly userId: string; readonly productIds: readonly string[]; readonly viewedAt: Date }

/**
 * Puts each user's products before those that the list has, and cuts it. A list that has newer views has these already, and is left as
 * it is: so a batch may be written twice, late, or by several apps at once.
 */
export async function upsertViewLists(
  db: Database,
  lists: readonly ViewList[],
  { most, oldest }: Pick<View, 'most' | 'oldest'>,
): Promise<void> {
  const rows = lists.map(({ userId, productIds, viewedAt }) => {
    return { user_id: userId, product_ids: productIds.join(' '), viewed_at: viewedAt }
  })
  // Always in the order of the users, so that two batches cannot deadlock.
  rows.sort((one, other) => (one.user_id < other.user_id ? -1 : 1))
  const anyGiven = sql`CONCAT(' (', REPLACE(VALUES(product_ids), ' ', '|'), ${')(?= |$)'})`
  const others = sql`TRIM(REGEXP_REPLACE(CONCAT(' ', product_ids), ${anyGiven}, ''))`
  const list = sql`SUBSTRING_INDEX(CONCAT_WS(' ', VALUES(product_ids), NULLIF(${others}, '')), ' ', ${most})`
  const product_ids = sql<string>`CASE WHEN viewed_at < ${oldest} THEN VALUES(product_ids)
    WHEN viewed_at <= VALUES(viewed_at) THEN ${list} ELSE product_ids END`
  const viewed_at = sql<Date>`GREATEST(viewed_at, VALUES(viewed_at))`
  const query = db.insertInto('recent_views').values(rows).onDuplicateKeyUpdate({ product_ids, viewed_at })
  await withRetries(() => query.execute())
}

export async function selectViews(db: Database, userId: string, oldest: Date): Promise<string[]> {
  const query = db.selectFrom('recent_views').select('product_ids').where('user_id', '=', userId).where('viewed_at', '>=', oldest)
  const row = await query.executeTakeFirst()
  return row?.product_ids.split(' ') ?? []
}
