import Type from 'typebox'
import { sendJson } from '../platform/http/json-text.ts'
import { IdParams, Nothing } from '../platform/http/schemas.ts'
import type { App } from '../platform/http/server.ts'
import { INTERNAL_PATHS as PATHS } from './paths.ts'
import type { Products } from './products.ts'
import { ListedProduct, PricedProduct, ProductChange, ProductList, ProductPage, Sort } from './schemas.ts'

const ListBody = Type.Object(
  {
    category: Type.Optional(Type.String()),
    sort: Sort,
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
    cursor: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)
const Ids = Type.Object({ ids: Type.Array(Type.String(), { maxItems: 1_000 }) }, { additionalProperties: false })

/** The catalogue's interface, for the shop's other processes. */
export function productsInternalRoutes(app: App, products: Products): void {
  const hidden = { hide: true }
  const page = { ...hidden, params: IdParams, response: { 200: ProductPage } }
  app.get(PATHS.page(':id'), { schema: page }, async ({ params }, reply) => sendJson(reply, await products.page(params.id)))
  app.patch(PATHS.page(':id'), { schema: { ...page, body: ProductChange } }, ({ params, body }) =>
    products.change(params.id, body),
  )
  app.post(PATHS.list, { schema: { ...hidden, body: ListBody, response: { 200: ProductList } } }, async ({ body }, reply) =>
    sendJson(reply, await products.list(body)),
  )
  const listed = { 200: Type.Array(ListedProduct) }
  app.post(PATHS.byIds, { schema: { ...hidden, body: Ids, response: listed } }, ({ body }) => products.byIds(body.ids))
  const priced = { 200: Type.Array(PricedProduct) }
  app.post(PATHS.current, { schema: { ...hidden, body: Ids, response: priced } }, ({ body }) => products.current(body.ids))
  app.post(PATHS.stockChanged, { schema: { ...hidden, body: Ids, response: { 200: Nothing } } }, async ({ body }) => {
    await products.stockChanged(body.ids)
    return {}
  })
}
