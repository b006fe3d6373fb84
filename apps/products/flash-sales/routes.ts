import Type from 'typebox'
import { Problem } from '../../platform/http/problems.ts'
import { Id, IdParams, Timestamp } from '../../platform/http/schemas.ts'
import type { App } from '../../platform/http/server.ts'
import { requireAdmin } from '../../users/authentication.ts'
import type { Users } from '../../users/users.ts'
import type { FlashSales } from './flash-sales.ts'

/** So that what a sale remembers of its buyers stays small. */
const MOST_PIECES = 10_000

const Pieces = Type.Integer({ minimum: 1, maximum: MOST_PIECES })
const EndsAt = Type.String({ format: 'date-time', description: 'In the future, and within 24 hours' })
const Draft = Type.Object({ pieces: Pieces, endsAt: EndsAt }, { additionalProperties: false })
const FlashSale = Type.Object({ productId: Id, pieces: Pieces, endsAt: Timestamp })

export function flashSaleRoutes(app: App, { flashSales, users }: { flashSales: FlashSales; users: Users }): void {
  const about = {
    tags: ['orders'],
    summary: 'Open a flash sale: the stock becomes these pieces (admins)',
    security: [{ session: [] }],
  }
  const schema = { ...about, params: IdParams, body: Draft, response: { 201: FlashSale, '4xx': Problem, '5xx': Problem } }
  app.post('/products/:id/flash-sale', { schema }, async (request, reply) => {
    await requireAdmin(users, request)
    const sale = { productId: request.params.id, pieces: request.body.pieces, endsAt: new Date(request.body.endsAt) }
    await flashSales.open(sale)
    return reply.code(201).send({ ...sale, endsAt: sale.endsAt.toISOString() })
  })
}
