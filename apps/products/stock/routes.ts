import Type from 'typebox'
import type { App } from '../../platform/http/server.ts'
import { STOCK_PATHS as PATHS } from '../paths.ts'
import type { Stock } from './stock.ts'

const MOST_IDS = 1_000

const strict = { additionalProperties: false }
const orderId = Type.String({ minLength: 1 })
const Items = Type.Array(Type.Object({ productId: Type.String(), quantity: Type.Integer({ minimum: 1 }) }, strict), {
  minItems: 1,
})
const Take = Type.Object({ orderId, items: Items }, strict)
const GiveBack = Type.Object({ orderId, items: Type.Optional(Items) }, strict)
const Ids = Type.Object({ orderIds: Type.Array(orderId, { minItems: 1, maxItems: MOST_IDS }) }, strict)
const Page = Type.Object({ after: Type.String(), most: Type.Integer({ minimum: 1, maximum: MOST_IDS }) }, strict)

/** The shelf's interface, for the shop's other processes. */
export function stockInternalRoutes(app: App, stock: Stock): void {
  const hidden = { hide: true }
  app.post(PATHS.take, { schema: { ...hidden, body: Take } }, ({ body }) => stock.take(body.orderId, body.items))
  app.post(PATHS.giveBack, { schema: { ...hidden, body: GiveBack } }, async ({ body }) => {
    await stock.giveBack(body.orderId, body.items)
    return {}
  })
  app.post(PATHS.keep, { schema: { ...hidden, body: Ids } }, async ({ body }) => {
    await stock.keep(body.orderIds)
    return {}
  })
  app.post(PATHS.forget, { schema: { ...hidden, body: Ids } }, async ({ body }) => {
    await stock.forget(body.orderIds)
    return {}
  })
  for (const named of ['unsettled', 'outlived'] as const) {
    app.post(PATHS[named], { schema: { ...hidden, body: Page } }, ({ body }) => stock[named](body.after, body.most))
  }
}
