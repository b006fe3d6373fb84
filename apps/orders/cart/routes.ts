import Type from 'typebox'
import { Problem } from '../../platform/http/problems.ts'
import { Cents, Id } from '../../platform/http/schemas.ts'
import type { App } from '../../platform/http/server.ts'
import { requireUser, type Visitors } from '../../users/authentication.ts'
import { MOST_PIECES, MOST_PRODUCTS } from '../order.ts'
import type { Carts } from './cart.ts'

const Line = Type.Object({
  productId: Id,
  name: Type.String(),
  quantity: Type.Integer({ minimum: 1, maximum: MOST_PIECES }),
  unitPriceCents: Cents,
})
const Cart = Type.Object({
  items: Type.Array(Line, { maxItems: MOST_PRODUCTS, description: 'At today’s prices; what was put in first comes first' }),
  totalCents: Cents,
})
const Params = Type.Object({ productId: Id }, { additionalProperties: false })
const Pieces = Type.Object(
  { quantity: Type.Integer({ minimum: 0, maximum: MOST_PIECES, description: 'So many and no more; 0 takes it out' }) },
  { additionalProperties: false, examples: [{ quantity: 2 }] },
)

type Parts = { readonly carts: Carts; readonly visitors: Visitors }

export function cartRoutes(app: App, { carts, visitors }: Parts): void {
  const shared = { tags: ['orders'], security: [{ session: [] }], response: { 200: Cart, '4xx': Problem, '5xx': Problem } }
  app.get('/cart', { schema: { ...shared, summary: 'My cart' } }, async (request) => {
    const user = await requireUser(visitors, request)
    return carts.of(user.id)
  })

  const description = `Refused with 409 CART_FULL where there are ${MOST_PRODUCTS} other products in it.`
  const put = { ...shared, summary: 'Put a product into my cart', description, params: Params, body: Pieces }
  app.put('/cart/items/:productId', { schema: put }, async (request) => {
    const user = await requireUser(visitors, request)
    return carts.put(user.id, { ...request.params, ...request.body })
  })
}
