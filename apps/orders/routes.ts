import Type from 'typebox'
import { answer, IdempotencyHeaders, idempotentRequest, REPLAYED_FIELD } from '../platform/http/idempotency.ts'
import { Problem } from '../platform/http/problems.ts'
import { Cents, Cursor, DEFAULT_PAGE, Id, IdParams, NoBody, PageLimit, Timestamp } from '../platform/http/schemas.ts'
import type { App } from '../platform/http/server.ts'
import { limited, limitRate } from '../platform/limits/headers.ts'
import type { ShopLimits } from '../platform/limits/shop-limits.ts'
import { currentSpan } from '../platform/process/span.ts'
import { requireUser, type Visitors } from '../users/authentication.ts'
import type { Carts } from './cart/cart.ts'
import { MOST_PIECES, MOST_PRODUCTS } from './order.ts'
import type { Orders } from './orders.ts'

const Quantity = Type.Integer({ minimum: 1, maximum: MOST_PIECES })
const Item = Type.Object({ productId: Id, quantity: Quantity }, { additionalProperties: false })
const Items = Type.Array(Item, {
  minItems: 1,
  maxItems: MOST_PRODUCTS,
  description: 'Each product once; how many, its quantity says',
})
/** One object rather than one of two, so that who makes a mistake is told of that and not of the other way. */
const Draft = Type.Object(
  {
    items: Type.Optional(Items),
    fromCart: Type.Optional(Type.Literal(true, { description: 'All that is in my cart, which is empty then' })),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    description: 'Either items, or what is in my cart',
    examples: [{ items: [{ productId: 'prd_00042', quantity: 1 }] }],
  },
)

export const Status = Type.Enum(['placed', 'paying', 'paid', 'cancelled'], { type: 'string' })
export const Order = Type.Object({
  id: Id,
  status: Status,
  totalCents: Cents,
  items: Type.Array(Type.Object({ productId: Id, name: Type.String(), quantity: Quantity, unitPriceCents: Cents })),
  createdAt: Timestamp,
})
const OrderList = Type.Object({ items: Type.Array(Order), nextCursor: Type.Union([Type.String(), Type.Null()]) })
const ListQuery = Type.Object({ limit: Type.Optional(PageLimit), cursor: Type.Optional(Cursor) }, { additionalProperties: false })

const tags = ['orders']
const security = [{ session: [] }]
const failures = { '4xx': Problem, '5xx': Problem }

type Parts = {
  readonly orders: Orders
  readonly carts: Carts
  readonly visitors: Visitors
  readonly limits: Pick<ShopLimits, 'ordersOfUser'>
}

export function ordersRoutes(app: App, { orders, carts, visitors, limits }: Parts): void {
  const created = { 201: limited(Order, REPLAYED_FIELD), ...failures }
  const description =
    'Of a cart it is refused with 409 CART_EMPTY, or CART_CHANGED while the cart is being changed: then send it again.'
  const place = {
    tags,
    summary: 'Place an order',
    description,
    security,
    headers: IdempotencyHeaders,
    body: Draft,
    response: created,
  }
  app.post('/orders', { schema: place }, async (request, reply) => {
    const user = await requireUser(visitors, request)
    const { items } = request.body
    const about = items ? items.map(({ productId, quantity }) => [productId, quantity]) : { fromCart: true }
    const idempotent = idempotentRequest(request, user.id, about)
    // A repeat counts too: a client that repeats without end is what the limit is for.
    await limitRate(reply, limits.ordersOfUser, user.id)
    const placed = await (items ? orders.place(idempotent, { items }) : carts.order(idempotent))
    currentSpan()?.set({ 'outgrow.order.id': placed.value.id })
    return reply.code(201).send(answer(reply, placed))
  })

  const list = { tags, summary: 'My orders', security, querystring: ListQuery, response: { 200: OrderList, ...failures } }
  app.get('/orders', { schema: list }, async (request) => {
    const user = await requireUser(visitors, request)
    const { limit, cursor } = request.query
    return orders.list(user.id, { limit: limit === undefined ? DEFAULT_PAGE : Number(limit), ...(cursor && { cursor }) })
  })

  const find = { tags, summary: 'One of my orders', security, params: IdParams, response: { 200: Order, ...failures } }
  app.get('/orders/:id', { schema: find }, async (request) => {
    const user = await requireUser(visitors, request)
    return orders.find(user.id, request.params.id)
  })

  const cancel = { ...find, summary: 'Cancel an order; its stock goes back', body: NoBody }
  app.post('/orders/:id/cancellation', { schema: cancel }, async (request) => {
    const user = await requireUser(visitors, request)
    return orders.cancel(user.id, request.params.id)
  })
}
