import Type from 'typebox'
import { IdParams } from '../../platform/http/schemas.ts'
import type { App } from '../../platform/http/server.ts'
import { INTERNAL_PATHS as PATHS } from '../paths.ts'
import type { RecentlyViewed } from './recently-viewed.ts'

/** For the front door, which knows how to show what is in a list. */
export function viewsInternalRoutes(app: App, lists: Pick<RecentlyViewed, 'of'>): void {
  const schema = { hide: true, params: IdParams, response: { 200: Type.Array(Type.String()) } }
  app.get(PATHS.recentlyViewed(':id'), { schema }, ({ params }) => lists.of(params.id))
}
