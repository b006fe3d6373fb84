import { sql } from 'kysely'
import type { Database } from '../../platform/mysql/database.ts'
import { withRetries } from '../../platform/mysql/transactions.ts'

export type ViewsTables = {
  /** Ids with a space between them, the last one first. */
  recent_views: { user_id: string; product_ids: string; viewed_at: Date }
}

export type View = { readonly userId: string; readonly productId: string; readonly most: number; readonly oldest: Date }

/**
 * Takes the product out of the user's list, puts it first, and cuts the list: one statement on one row, so that two views at once both
 * count. A list that was last changed before `oldest` is begun anew.
 */
export async function upsertView(db: Database<ViewsTables>, { userId, productId, most, oldest }: View): Promise<void> {
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
  db: Database<ViewsTables>,
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

export async function selectViews(db: Database<ViewsTables>, userId: string, oldest: Date): Promise<string[]> {
  const query = db.selectFrom('recent_views').select('product_ids').where('user_id', '=', userId).where('viewed_at', '>=', oldest)
  const row = await query.executeTakeFirst()
  return row?.product_ids.split(' ') ?? []
}
