import Type from 'typebox'
import { sendJson } from '../platform/http/json-text.ts'
import { IdParams } from '../platform/http/schemas.ts'
import type { App } from '../platform/http/server.ts'
import { INTERNAL_PATHS as PATHS } from './paths.ts'
import type { Products } from './products.ts'
import { ProductChange, Sort } from './schemas.ts'

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
  app.get(PATHS.page(':id'), { schema: { ...hidden, params: IdParams } }, async ({ params }, reply) =>
    sendJson(reply, await products.page(params.id)),
  )
  app.patch(PATHS.page(':id'), { schema: { ...hidden, params: IdParams, body: ProductChange } }, ({ params, body }) =>
    products.change(params.id, body),
  )
  app.post(PATHS.list, { schema: { ...hidden, body: ListBody } }, async ({ body }, reply) =>
    sendJson(reply, await products.list(body)),
  )
  app.post(PATHS.byIds, { schema: { ...hidden, body: Ids } }, ({ body }) => products.byIds(body.ids))
  app.post(PATHS.current, { schema: { ...hidden, body: Ids } }, ({ body }) => products.current(body.ids))
  app.post(PATHS.stockChanged, { schema: { ...hidden, body: Ids } }, async ({ body }) => {
    await products.stockChanged(body.ids)
    return {}
  })
}
