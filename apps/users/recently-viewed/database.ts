import type { Databases } from '../../platform/mysql/database.ts'
import { selectViews, upsertView, type ViewsTables } from './queries.ts'
import { MOST_VIEWED, type RecentlyViewed, VIEWS_KEPT_MS } from './recently-viewed.ts'

/** In the database: right for every copy of the app, and a commit for each page that a logged-in user opens. */
export function databaseRecentlyViewed({ writes }: Pick<Databases<ViewsTables>, 'writes'>): RecentlyViewed {
  const oldest = () => new Date(Date.now() - VIEWS_KEPT_MS)
  return {
    add: (userId, productId) => upsertView(writes, { userId, productId, most: MOST_VIEWED, oldest: oldest() }),
    of: (userId) => selectViews(writes, userId, oldest()),
  }
}
