import type { onResponseHookHandler } from 'fastify'
import Type, { type TSchema } from 'typebox'
import { Problem } from '../../platform/http/problems.ts'
import type { App } from '../../platform/http/server.ts'
import { background } from '../../platform/process/background.ts'
import { requireUser, type Visitors } from '../authentication.ts'
import type { RecentlyViewed } from './recently-viewed.ts'

/** Views that wait to be noted; one more is forgotten. */
const MOST_UNDER_WAY = 100

type Lists = { readonly visitors: Visitors; readonly recentlyViewed: Pick<RecentlyViewed, 'of'> }
type Views = { readonly visitors: Visitors; readonly views: Pick<RecentlyViewed, 'add'> }

/** What the catalogue shows for an id: this module knows ids alone. */
export type Shown = { readonly schema: TSchema; byId(ids: readonly string[]): Promise<unknown[]> }

export function recentlyViewedRoutes(app: App, { visitors, recentlyViewed }: Lists, { schema: item, byId }: Shown): void {
  const response = { 200: Type.Object({ items: Type.Array(item), nextCursor: Type.Null() }), '4xx': Problem, '5xx': Problem }
  const schema = { tags: ['products'], summary: 'What I looked at last', security: [{ session: [] }], response }
  app.get('/products/recently-viewed', { schema }, async (request) => {
    const user = await requireUser(visitors, request)
    return { items: await byId(await recentlyViewed.of(user.id)), nextCursor: null }
  })
}

/** Notes after a product page was sent who has seen it: the page waits for nothing, and costs a reader without a session nothing. */
export function noteViews(app: App, { visitors, views }: Views): onResponseHookHandler {
  const later = background(app, { name: 'noting a view', most: MOST_UNDER_WAY })
  return (request, { statusCode }, done) => {
    done()
    if (statusCode >= 400) return
    if (!visitors.mayBeKnown(request)) return
    later(async () => {
      const user = await visitors.find(request)
      if (user) await views.add(user.id, (request.params as { id: string }).id)
    })
  }
}
