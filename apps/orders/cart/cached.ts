import type { Cache } from '../../platform/cache/cache.ts'
import type { Store } from '../../platform/mysql/store.ts'
import { KEYS } from '../../platform/redis/keys.ts'
import type { OrderItem } from '../order.ts'
import { type CartTables, selectCartItems } from './queries.ts'

export type CartCache = { readonly cache: Cache; readonly ttlMs: number }

type ReadThrough = {
  /** What its owner has put in, and nothing older. */
  read(userId: string): Promise<readonly OrderItem[]>
  /** Runs a change of the cart, which is noted as written before it is over. `hasCommitted` says of what came of it whether it was one. */
  change<Value>(userId: string, work: () => Promise<Value>, hasCommitted: (value: Value) => boolean): Promise<Value>
}

/** Without a cache each look asks the database: a replica that has all that this user has written, or the primary. */
export function readThrough(store: Pick<Store<CartTables>, 'of'>, cached?: CartCache): ReadThrough {
  if (!cached) {
    return {
      read: async (userId) => selectCartItems(await store.of(userId).readsOf(userId), userId),
      change: (_userId, work) => work(),
    }
  }
  const { cache, ttlMs } = cached
  const owned = (userId: string) => ({ databases: store.of(userId), userId })
  return {
    async read(userId) {
      const keys = { entry: KEYS.cart(userId), version: KEYS.cartVersion(userId), lock: KEYS.cartLock(userId) }
      const json = await cache.read({ ...keys, ttlMs, owned: owned(userId) }, (db) => selectCartItems(db, userId))
      return json ? JSON.parse(json) : []
    },
    change(userId, work, hasCommitted) {
      const touched = { versions: [KEYS.cartVersion(userId)], entries: [KEYS.cart(userId)], owned: owned(userId) }
      return cache.change(touched, work, hasCommitted)
    },
  }
}
