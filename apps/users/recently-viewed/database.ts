import type { Store } from '../../platform/mysql/store.ts'
import { selectViews, upsertView, type ViewsTables } from './queries.ts'
import { MOST_VIEWED, type RecentlyViewed, VIEWS_KEPT_MS } from './recently-viewed.ts'

/** In the database: right for every copy of the app, and a commit for each page that a logged-in user opens. */
export function databaseRecentlyViewed(store: Pick<Store<ViewsTables>, 'of'>): RecentlyViewed {
  const oldest = () => new Date(Date.now() - VIEWS_KEPT_MS)
  return {
    add: (userId, productId) => upsertView(store.of(userId).writes, { userId, productId, most: MOST_VIEWED, oldest: oldest() }),
    of: (userId) => selectViews(store.of(userId).writes, userId, oldest()),
  }
}
