import Type from 'typebox'
import { ShopError } from '../platform/http/errors.ts'
import { answer, IdempotencyHeaders, idempotentRequest, REPLAYED_FIELD } from '../platform/http/idempotency.ts'
import { Problem } from '../platform/http/problems.ts'
import { Cents, Id, IdParams, Timestamp } from '../platform/http/schemas.ts'
import type { App } from '../platform/http/server.ts'
import { requireUser, type Visitors } from '../users/authentication.ts'
import type { Payments } from './payments.ts'

/** What a card processor gives for a card; card numbers never come here. */
const Card = Type.String({ pattern: '^tok_[a-z_]{1,60}$', description: 'tok_approved, tok_declined, tok_slow or tok_lost_reply' })
const Draft = Type.Object({ card: Card }, { additionalProperties: false, examples: [{ card: 'tok_approved' }] })
const Payment = Type.Object({
  id: Id,
  orderId: Id,
  status: Type.Literal('captured'),
  amountCents: Cents,
  createdAt: Timestamp,
})

const security = [{ session: [] }]
const response = { 201: { ...Payment, headers: REPLAYED_FIELD }, '4xx': Problem, '5xx': Problem }

type Parts = { readonly payments: Payments; readonly visitors: Visitors }

export function paymentsRoutes(app: App, { payments, visitors }: Parts): void {
  const about = { tags: ['payments'], summary: 'Pay an order', security }
  const schema = { ...about, params: IdParams, headers: IdempotencyHeaders, body: Draft, response }
  app.post('/orders/:id/payments', { schema }, async (request, reply) => {
    const user = await requireUser(visitors, request)
    const draft = { orderId: request.params.id, card: request.body.card }
    const payment = answer(reply, await payments.pay(idempotentRequest(request, user.id, draft), draft))
    if (payment.status === 'declined') throw new ShopError('CARD_DECLINED')
    return reply.code(201).send({ ...payment, status: 'captured' as const })
  })
}
