/** Passes a visitor's request on to a service, with our word for who asks, and the answer back. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { REQUEST_START_HEADER, SERVER_TIMEOUT_MS } from '../../infra/haproxy/config.ts'
import type { Sent } from '../platform/calls/copy.ts'
import type { Visitor } from '../platform/calls/identity.ts'
import { retryBudget } from '../platform/calls/retry-budget.ts'
import type { Answer, Service } from '../platform/calls/service.ts'
import type { ConnectedService } from '../platform/calls/services.ts'
import { ageMs, goneFrom } from '../platform/http/deadline.ts'
import { ShopError } from '../platform/http/errors.ts'
import { noteTiming } from '../platform/http/explain.ts'
import { SAFE_METHODS } from '../platform/http/guards.ts'
import { SESSION_COOKIE, sessionToken, type Visitors } from '../users/authentication.ts'
import { isWorthARetry } from './retries.ts'

export type Door = {
  readonly visitors: Visitors
  addressOf(request: FastifyRequest): string
  /** Whether what the request says of its age is the edge's word. */
  isBelieved(request: FastifyRequest): boolean
  readonly keepsCookie: boolean
  /** Of answers that are streams of events, and have no end of their own. */
  readonly until?: AbortSignal
}

/** What of a request a service reads: nothing else that a client writes gets there, least of all what looks like our own. */
const READ_BY_SERVICES = ['content-type', 'accept', 'idempotency-key', 'x-explain', 'last-event-id']
/** Of one connection, or said anew by us. */
const OF_A_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date', 'trailer', 'upgrade'])
/** Before the edge gives up there is time to say so. */
const MARGIN_MS = 500

export function passOn({ service, signVisit }: ConnectedService, door: Door) {
  const budget = retryBudget()
  return async (request: FastifyRequest, reply: FastifyReply, path: string): Promise<unknown> => {
    const startedAt = performance.now()
    const age = ageMs(request, reply.elapsedTime, door.isBelieved)
    const cameAt = Math.floor(Date.now() - age)
    const headers = {
      ...headersOf(request, door.keepsCookie),
      authorization: `Bearer ${await signVisit(await visitorOf(request, door))}`,
      [REQUEST_START_HEADER]: String(cameAt),
    }
    const { method, body } = request
    const sent: Sent = {
      method: method as Sent['method'],
      path,
      headers,
      ...(body instanceof Buffer && body.length > 0 && { body }),
    }
    const endsAt = startedAt + SERVER_TIMEOUT_MS - MARGIN_MS - age
    const gone = goneFrom(reply.raw)
    const sending = {
      signal: door.until ? AbortSignal.any([gone, door.until]) : gone,
      endsAt,
      isEndless: door.until !== undefined,
    }
    budget.request()
    const answer = await attempt(service, sent, sending).catch((error) => {
      if (!SAFE_METHODS.has(method) || !isWorthARetry(error) || !service.isUp() || !budget.spend()) throw error
      return attempt(service, sent, sending)
    })
    noteTiming('hop', answer.from, performance.now() - startedAt)
    return answerWith(reply, answer, method)
  }
}

async function visitorOf(request: FastifyRequest, { visitors, addressOf }: Door): Promise<Visitor> {
  const address = addressOf(request)
  if (!visitors.mayBeKnown(request)) return { address }
  try {
    return { address, user: (await visitors.find(request)) ?? null }
  } catch (error) {
    // What needs no visitor goes on; where one is needed the service says that nobody is known now.
    if (error instanceof ShopError && error.code === 'UNAVAILABLE') return { address, unknown: true }
    throw error
  }
}

function headersOf(request: FastifyRequest, keepsCookie: boolean): Record<string, string> {
  const given = READ_BY_SERVICES.flatMap((name) => {
    const value = request.headers[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  const token = keepsCookie ? sessionToken(request) : undefined
  return {
    ...Object.fromEntries(given),
    ...(token !== undefined && { cookie: `${SESSION_COOKIE}=${encodeURIComponent(token)}` }),
  }
}

type Read = Omit<Answer, 'body' | 'done'> & { readonly payload: string | Answer['body'] }
type Attempt = { readonly signal: AbortSignal; readonly endsAt: number; readonly isEndless: boolean }

/** To the end of an answer whose length is known, so that one that breaks off is one more that failed; others flow through. */
async function attempt(service: Service, sent: Sent, { endsAt, ...how }: Attempt): Promise<Read> {
  const { body, done, ...answer } = await service.send(sent, { ...how, withinMs: Math.max(1, endsAt - performance.now()) })
  const isWhole = answer.headers['content-length'] !== undefined || sent.method === 'HEAD' || answer.statusCode === 204
  if (!isWhole) {
    body.once('close', done)
    return { ...answer, payload: body }
  }
  try {
    return { ...answer, payload: await body.text() }
  } catch (cause) {
    throw new ShopError('UNAVAILABLE', `${answer.from} broke its answer off`, { retryAfterS: 1, cause })
  } finally {
    done()
  }
}

function answerWith(reply: FastifyReply, { statusCode, headers, payload }: Read, method: string): FastifyReply {
  reply.code(statusCode)
  for (const [name, value] of Object.entries(headers)) if (value !== undefined && !OF_A_HOP.has(name)) reply.header(name, value)
  const length = headers['content-length']
  if (method === 'HEAD' && length !== undefined) reply.header('content-length', length)
  return reply.send(payload === '' ? undefined : payload)
}
