import Type from 'typebox'
import { ShopError } from '../../platform/http/errors.ts'
import { Problem } from '../../platform/http/problems.ts'
import { Cents, Cursor, DEFAULT_PAGE, Id, PageLimit, Timestamp } from '../../platform/http/schemas.ts'
import type { App } from '../../platform/http/server.ts'
import { requireAdmin, type Visitors } from '../../users/authentication.ts'
import { Order, Status } from '../routes.ts'
import type { AllOrders } from './all-orders.ts'
import type { Sales } from './sales.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

const Missing = Type.Array(Type.String(), {
  description: 'Databases that could not be asked in time, and whose orders are left out; empty where the answer is whole',
})
const ListQuery = Type.Object(
  { status: Type.Optional(Status), limit: Type.Optional(PageLimit), cursor: Type.Optional(Cursor) },
  { additionalProperties: false },
)
const AnybodysOrder = Type.Object({ ...Order.properties, userId: Id })
const OrderList = Type.Object({
  items: Type.Array(AnybodysOrder),
  nextCursor: Type.Union([Type.String(), Type.Null()]),
  missing: Missing,
})

const From = Type.String({ format: 'date-time', description: 'The beginning of the span: 24 hours before its end unless told' })
const To = Type.String({ format: 'date-time', description: 'The end of the span, which is not in it: now unless told' })
const SalesQuery = Type.Object({ from: Type.Optional(From), to: Type.Optional(To) }, { additionalProperties: false })
const SalesReport = Type.Object({
  from: Timestamp,
  to: Timestamp,
  orders: Type.Integer({
    minimum: 0,
    description: 'Placed in the span and paid by now; an order that was cancelled or is not paid yet is no sale',
  }),
  totalCents: Cents,
  missing: Missing,
})

const about = {
  tags: ['admin'],
  security: [{ session: [] }],
  description: 'Read from replicas where there are any: what is a moment old may not be in it yet',
}
const failures = { '4xx': Problem, '5xx': Problem }

type Parts = { readonly allOrders: AllOrders; readonly sales: Sales; readonly visitors: Visitors }

export function adminOrdersRoutes(app: App, { allOrders, sales, visitors }: Parts): void {
  const list = { ...about, summary: 'Orders of all customers, newest first (admins)', querystring: ListQuery }
  app.get('/admin/orders', { schema: { ...list, response: { 200: OrderList, ...failures } } }, async (request) => {
    await requireAdmin(visitors, request)
    const { limit, ...rest } = request.query
    return allOrders.list({ ...rest, limit: limit === undefined ? DEFAULT_PAGE : Number(limit) })
  })

  const report = { ...about, summary: 'What was sold in a span of time (admins)', querystring: SalesQuery }
  app.get('/admin/sales', { schema: { ...report, response: { 200: SalesReport, ...failures } } }, async (request) => {
    await requireAdmin(visitors, request)
    const { from, to, ...figures } = await sales.between(...spanOf(request.query))
    return { from: from.toISOString(), to: to.toISOString(), ...figures }
  })
}

function spanOf({ from, to }: { from?: string; to?: string }): [from: Date, to: Date] {
  const end = to === undefined ? new Date() : new Date(to)
  const start = from === undefined ? new Date(end.getTime() - DAY_MS) : new Date(from)
  if (start > end) throw new ShopError('BAD_REQUEST', 'the span ends before it begins')
  return [start, end]
}
