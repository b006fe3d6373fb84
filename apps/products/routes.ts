import { sendJson } from '../platform/http/json-text.ts'
import { Problem } from '../platform/http/problems.ts'
import { DEFAULT_PAGE, IdParams } from '../platform/http/schemas.ts'
import type { App } from '../platform/http/server.ts'
import { requireAdmin, type Visitors } from '../users/authentication.ts'
import type { RecentlyViewed } from '../users/recently-viewed/recently-viewed.ts'
import { noteViews } from '../users/recently-viewed/routes.ts'
import type { Products } from './products.ts'
import { ListQuery, ProductChange, ProductList, ProductPage } from './schemas.ts'

const failures = { '4xx': Problem, '5xx': Problem }

type Parts = { readonly products: Products; readonly visitors: Visitors; readonly views: Pick<RecentlyViewed, 'add'> }

export function productsRoutes(app: App, { products, visitors, views }: Parts): void {
  const list = {
    tags: ['products'],
    summary: 'List products',
    querystring: ListQuery,
    response: { 200: ProductList, ...failures },
  }
  app.get('/products', { schema: list }, async ({ query }, reply) => {
    const { sort = 'popular', limit, ...rest } = query
    return sendJson(reply, await products.list({ ...rest, sort, limit: limit === undefined ? DEFAULT_PAGE : Number(limit) }))
  })

  const page = { tags: ['products'], summary: 'A product page', params: IdParams, response: { 200: ProductPage, ...failures } }
  const onResponse = noteViews(app, { visitors, views })
  app.get('/products/:id', { schema: page, onResponse }, async ({ params }, reply) =>
    sendJson(reply, await products.page(params.id)),
  )

  const security = [{ session: [] }]
  const change = { ...page, summary: 'Change a product (admins)', security, body: ProductChange }
  app.patch('/products/:id', { schema: change }, async (request) => {
    await requireAdmin(visitors, request)
    return products.change(request.params.id, request.body)
  })
}
