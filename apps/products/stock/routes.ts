import Type from 'typebox'
import { Cents, Nothing } from '../../platform/http/schemas.ts'
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

const Lines = Type.Array(
  Type.Object({ productId: Type.String(), name: Type.String(), quantity: Type.Integer({ minimum: 1 }), unitPriceCents: Cents }),
)

/** The shelf's interface, for the shop's other processes. */
export function stockInternalRoutes(app: App, stock: Stock): void {
  const hidden = { hide: true }
  const done = { ...hidden, response: { 200: Nothing } }
  const taken = { ...hidden, body: Take, response: { 200: Lines } }
  app.post(PATHS.take, { schema: taken }, async ({ body }) => [...(await stock.take(body.orderId, body.items))])
  app.post(PATHS.giveBack, { schema: { ...done, body: GiveBack } }, async ({ body }) => {
    await stock.giveBack(body.orderId, body.items)
    return {}
  })
  app.post(PATHS.keep, { schema: { ...done, body: Ids } }, async ({ body }) => {
    await stock.keep(body.orderIds)
    return {}
  })
  app.post(PATHS.forget, { schema: { ...done, body: Ids } }, async ({ body }) => {
    await stock.forget(body.orderIds)
    return {}
  })
  for (const named of ['unsettled', 'outlived'] as const) {
    const found = { ...hidden, body: Page, response: { 200: Type.Array(Type.String()) } }
    app.post(PATHS[named], { schema: found }, async ({ body }) => [...(await stock[named](body.after, body.most))])
  }
}
