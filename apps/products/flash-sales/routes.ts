import Type from 'typebox'
import { answer, IdempotencyHeaders, idempotentRequest, REPLAYED_FIELD } from '../../platform/http/idempotency.ts'
import { Problem } from '../../platform/http/problems.ts'
import { Id, IdParams, Timestamp } from '../../platform/http/schemas.ts'
import type { App } from '../../platform/http/server.ts'
import { requireAdmin, type Visitors } from '../../users/authentication.ts'
import type { FlashSales } from './flash-sales.ts'

/** So that what a sale remembers of its buyers stays small. */
const MOST_PIECES = 10_000

const Pieces = Type.Integer({ minimum: 1, maximum: MOST_PIECES })
const EndsAt = Type.String({ format: 'date-time', description: 'In the future, and within 24 hours' })
const Draft = Type.Object({ pieces: Pieces, endsAt: EndsAt }, { additionalProperties: false })
const FlashSale = Type.Object({ productId: Id, pieces: Pieces, endsAt: Timestamp })

type Parts = { readonly flashSales: FlashSales; readonly visitors: Visitors }

export function flashSaleRoutes(app: App, { flashSales, visitors }: Parts): void {
  const about = {
    tags: ['orders'],
    summary: 'Open a flash sale: the stock becomes these pieces (admins)',
    security: [{ session: [] }],
  }
  const response = { 201: { ...FlashSale, headers: REPLAYED_FIELD }, '4xx': Problem, '5xx': Problem }
  const schema = { ...about, params: IdParams, headers: IdempotencyHeaders, body: Draft, response }
  app.post('/products/:id/flash-sale', { schema }, async (request, reply) => {
    const admin = await requireAdmin(visitors, request)
    const draft = { productId: request.params.id, ...request.body }
    const wanted = { ...draft, endsAt: new Date(draft.endsAt) }
    const sale = answer(reply, await flashSales.open(idempotentRequest(request, admin.id, draft), wanted))
    return reply.code(201).send({ ...sale, endsAt: sale.endsAt.toISOString() })
  })
}
