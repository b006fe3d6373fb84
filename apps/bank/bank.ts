/** The card processor that the shop buys from: a process of its own, with its own book, so that charges can be checked from outside. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify'
import Type from 'typebox'
import { logStream } from '../../infra/process/outlive-full-log.ts'
import { KeyReused, makeCharges } from './charges.ts'
import type { Charge, Ledger } from './ledger.ts'

const BODY_LIMIT_BYTES = 4 * 1_024
const REQUEST_TIMEOUT_MS = 5_000
/** Longer than clients keep idle connections. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000
const MOST_CONNECTIONS = 1_000
const MOST_CENTS = 1_000_000_000_000

const Key = Type.String({ minLength: 1, maxLength: 255, pattern: '^[!-~]+$' })
const Token = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$' })
const Cents = Type.Integer({ minimum: 0, maximum: MOST_CENTS })
const KeyHeader = Type.Object({ 'idempotency-key': Key })
const ChargeBody = Type.Object({ amountCents: Cents, card: Token, reference: Token }, { additionalProperties: false })

/** Less than clients wait for: who is told so is slow, and not away. */
const MOST_DELAY_MS = 2_500
const Delay = Type.Object({ ms: Type.Integer({ minimum: 0, maximum: MOST_DELAY_MS }) }, { additionalProperties: false })

export function buildBank(ledger: Ledger) {
  const app = Fastify({
    logger: { level: 'warn', stream: logStream },
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 255 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.server.maxConnections = MOST_CONNECTIONS
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler(() => {
    throw problem(404, 'NOT_FOUND', 'there is nothing at this address')
  })
  app.addHook('onClose', () => ledger.close())

  const { charge, settled, slowDown } = makeCharges(ledger)
  app.post('/charges', { schema: { headers: KeyHeader, body: ChargeBody } }, async (request, reply) => {
    const key = request.headers['idempotency-key']
    const { charge: made, replayed } = await charge({ key, ...request.body })
    // Charged, but the answer gets lost on its way: only a repeat finds out.
    if (made.card === 'tok_lost_reply' && !replayed) return reply.hijack().raw.destroy()
    if (replayed) reply.header('idempotent-replayed', 'true')
    if (made.status === 'declined') throw problem(402, 'CARD_DECLINED', 'the card was declined')
    return reply.code(201).send(summary(made))
  })
  app.get('/charges/:key', { schema: { params: Type.Object({ key: Key }) } }, (request) => {
    const found = ledger.find(request.params.key)
    if (!found) throw problem(404, 'NOT_FOUND', 'there is no charge with this key')
    return summary(found)
  })
  app.get('/ledger', () => {
    const charges = ledger.charges().map(summary)
    const captured = charges.filter(({ status }) => status === 'captured')
    return { charges, totalCents: captured.reduce((sum, { amountCents }) => sum + amountCents, 0) }
  })
  app.put('/delay', { schema: { body: Delay } }, (request, reply) => {
    slowDown(request.body.ms)
    return reply.code(204).send()
  })
  app.delete('/ledger', async (_request, reply) => {
    // A slow card's charge would be in the new book for an order of the old one.
    await settled()
    await ledger.beginAnew()
    return reply.code(204).send()
  })
  app.get('/health/live', () => ({ status: 'live' }))
  return app
}

function summary({ chargeId, key, reference, amountCents, status }: Charge) {
  return { chargeId, key, reference, amountCents, status }
}

type BankProblem = Error & { readonly statusCode: number; readonly code: string }

function problem(statusCode: number, code: string, detail: string): BankProblem {
  return Object.assign(new Error(detail), { statusCode, code })
}

function sendProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { statusCode: status, code, message } = toProblem(error)
  if (status >= 500) request.log.error({ err: error }, message)
  const body = { type: 'about:blank', title: code, status, code, detail: message, requestId: request.id }
  return reply.code(status).type('application/problem+json').send(JSON.stringify(body))
}

/** What we did not foresee is a ledger that cannot be written: nothing was charged, and the client may ask again. */
function toProblem(error: FastifyError): BankProblem {
  if (error instanceof KeyReused) return problem(422, 'KEY_REUSED', error.message)
  const { statusCode = 500 } = error
  if (statusCode >= 500) return problem(503, 'UNAVAILABLE', 'the ledger cannot be written')
  return error.code.startsWith('FST_')
    ? problem(statusCode, 'BAD_REQUEST', error.message)
    : problem(statusCode, error.code, error.message)
}
