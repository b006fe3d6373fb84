/** Product pages and lists in Redis, for all apps. A price in them is never old; a stock on a page is that after the last order. */
import type { Cache, Cached } from '../platform/cache/cache.ts'
import type { Touched } from '../platform/cache/invalidation.ts'
import { ShopError } from '../platform/http/errors.ts'
import { JsonText } from '../platform/http/json-text.ts'
import type { Database } from '../platform/mysql/database.ts'
import { KEYS } from '../platform/redis/keys.ts'
import { findPage, type ListRequest, type Products, RELATED, readList, type StoredProducts, toPricedProduct } from './products.ts'
import type { ProductsTables } from './queries.ts'
import { selectCategoryOf } from './queries.ts'

export type ProductCacheParts = {
  readonly products: StoredProducts
  readonly writes: Database<ProductsTables>
  readonly cache: Cache | undefined
  readonly ttlMs: number
}

/** Orders are not told to lists, or each would throw away all that show the product: the stock in a list may be so old. */
const LIST_TTL_MS = 10_000

export function redisProductCache({ products, writes, cache, ttlMs }: ProductCacheParts): Products {
  if (!cache) throw new Error('cache=redis needs a stage that has a Redis with the role cache')
  const read = async <Value extends object>(
    cached: Cached,
    load: (db: Database<ProductsTables>) => Promise<Value | undefined>,
  ) => {
    const json = await cache.read(cached, load)
    if (!json) throw new ShopError('PRODUCT_NOT_FOUND')
    return new JsonText<Value>(json)
  }
  // As on its page, which those who buy it have mostly just looked at.
  const pricedOn = async (id: string) => {
    const json = await cache.read(pageOf(id, ttlMs), (db) => findPage(db, id))
    return json === undefined ? undefined : toPricedProduct(JSON.parse(json))
  }
  return {
    page: (id) => read(pageOf(id, ttlMs), (db) => findPage(db, id)),
    list: (request) => read(listOf(request, Math.min(ttlMs, LIST_TTL_MS)), (db) => readList(db, request)),
    byIds: (ids) => products.byIds(ids),
    current: async (ids) => (await Promise.all(ids.map((id) => pricedOn(id)))).flatMap((product) => product ?? []),
    async change(id, change) {
      const update = () => products.update(id, change)
      return (await cache.change(await touchedBy(writes, id), update, ({ hasChanged }) => hasChanged)).page
    },
    stockChanged: (ids) =>
      cache.changed({ versions: ids.map((id) => KEYS.productPageVersion(id)), entries: ids.map((id) => KEYS.productPage(id)) }),
  }
}

function pageOf(id: string, ttlMs: number): Cached {
  return { entry: KEYS.productPage(id), version: KEYS.productPageVersion(id), lock: KEYS.productPageLock(id), ttlMs }
}

/** All lists of a category have one version; and those of no category have one, as every product is in them. */
function listOf({ category = NO_CATEGORY, sort, limit, cursor = '' }: ListRequest, ttlMs: number): Cached {
  // No part has a colon in it, so no two lists have one key.
  const rest = ['', sort, limit, cursor].join(':')
  const [entry, lock] = [KEYS.productList(category, rest), KEYS.productListLock(category, rest)]
  return { entry, version: KEYS.productListVersion(category), lock, ttlMs }
}

/** Not an id. */
const NO_CATEGORY = '*'

/** All that shows the product's name, price or stock; and the one entry that comes to mind first. */
async function touchedBy(db: Database<ProductsTables>, id: string): Promise<Touched> {
  const category = await selectCategoryOf(db, id)
  const pages = [
    id,
    ...relatingTo(
      id,
      category.map((product) => product.id),
    ),
  ]
  const lists = [NO_CATEGORY, ...category.slice(0, 1).map((product) => product.category_id)]
  const versions = [...pages.map((page) => KEYS.productPageVersion(page)), ...lists.map((list) => KEYS.productListVersion(list))]
  return { versions, entries: [KEYS.productPage(id)] }
}

/** Pages that show it as related. A page relates the most popular of its category but itself: the fifth comes in where one of the first four is left out. */
function relatingTo(id: string, category: readonly string[]): readonly string[] {
  const rank = category.indexOf(id)
  const showing = rank < RELATED ? category : category.slice(0, rank === RELATED ? RELATED : 0)
  return showing.filter((other) => other !== id)
}
