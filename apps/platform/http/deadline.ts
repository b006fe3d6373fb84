/**
 * An app that was stopped goes on, when it wakes, with what it had in its hands, and others have done something newer meanwhile. So what
 * changes anything has a deadline, counted from its arrival at the edge, and past it not one statement more is sent for it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { REQUEST_START_HEADER, SERVER_TIMEOUT_MS } from '../../../infra/haproxy/config.ts'
import { ShopError } from './errors.ts'
import { SAFE_METHODS } from './guards.ts'

/** Statements that were sent in time may wait for somebody's lock (2 s). With this margin they too have ended when the edge gives up. */
const LAST_STATEMENT_MS = 2_000
/** Shorter than the edge waits for an answer, so that nothing is done any more once a client has been told that nobody knows. */
export const REQUEST_LASTS_MS = SERVER_TIMEOUT_MS - LAST_STATEMENT_MS

/** The edge breaks off what an app has that does not answer its checks: not sooner than this, as a check may take 600 ms. */
const HELD_MS = 500

/** `endsAt` is by performance.now(), which goes on while a process is stopped. Whoever waits for `answer` may hang up before. */
type Waiting = { readonly endsAt: number; readonly answer?: ServerResponse; gone?: AbortSignal }

const waits = new AsyncLocalStorage<Waiting | undefined>()

/** Whether a request's time of arrival is the edge's word, or that of another of the shop's processes. */
type IsBelieved = (request: FastifyRequest) => boolean

/**
 * `readsToo`: what is only read ends by then as well, as its caller waits no longer; nothing is the worse for it if it begins late. Such a
 * caller is another of our processes, which does not hang up for nothing: then no statement more is sent, and no other process asked.
 */
export function giveDeadlines(app: FastifyInstance, isBelieved: IsBelieved, { readsToo = false } = {}): void {
  // Not earlier: a body that is read leaves the context behind in which it was waited for.
  app.addHook('preHandler', (request, reply, done) => {
    const isRead = SAFE_METHODS.has(request.method)
    if (isRead && !readsToo) return done()
    const age = ageMs(request, reply.elapsedTime, isBelieved)
    const endsAt = performance.now() + REQUEST_LASTS_MS - age
    const waiting = { endsAt, ...(readsToo && { answer: reply.raw }) }
    if (isRead) return waits.run(waiting, done)
    const begin = () => waits.run(waiting, () => (isLate() || isBrokenOff(request) ? done(tooLate()) : done()))
    if (age < HELD_MS) return begin()
    // It waited where we do not look, perhaps because we were stopped. That it was broken off there comes with the next turn of the event loop.
    setImmediate(() => setImmediate(begin))
  })
}

function isBrokenOff({ socket }: FastifyRequest): boolean {
  return socket.destroyed || socket.readableEnded
}

/**
 * The balancer's clock against ours: a request is taken for so much older as ours goes ahead. Clocks that NTP keeps within a second cost
 * no more than that of the margin. A time that is still to come says nothing.
 */
export function ageMs(request: FastifyRequest, hereForMs: number, isBelieved: IsBelieved): number {
  const startedAt = Number(request.headers[REQUEST_START_HEADER])
  if (!Number.isFinite(startedAt) || !isBelieved(request)) return hereForMs
  return Math.max(hereForMs, Date.now() - startedAt)
}

/** For a call that is made for the request at hand: what it asks for is as old as that is. */
export function requestStart(): Record<string, string> {
  const endsAt = waits.getStore()?.endsAt
  if (endsAt === undefined) return {}
  const ageMs = performance.now() - (endsAt - REQUEST_LASTS_MS)
  return { [REQUEST_START_HEADER]: String(Math.floor(Date.now() - ageMs)) }
}

/** What is left of the request's time; without one there is no end to it. */
export function leftMs(): number {
  const endsAt = waits.getStore()?.endsAt
  return endsAt === undefined ? Number.POSITIVE_INFINITY : Math.max(1, endsAt - performance.now())
}

/** For a call that is made for the request at hand: aborted when nobody waits for that any more. */
export function whenGone(): AbortSignal | undefined {
  const waiting = waits.getStore()
  if (!waiting?.answer) return undefined
  waiting.gone ??= goneFrom(waiting.answer)
  return waiting.gone
}

/** Aborted when who waits for the answer hangs up before it has it. */
export function goneFrom(answer: ServerResponse): AbortSignal {
  const gone = new AbortController()
  const leave = () => {
    if (!answer.writableFinished) gone.abort(new Error('the client has hung up'))
  }
  // It may have left before.
  if (answer.destroyed) leave()
  answer.once('close', leave)
  return gone.signal
}

export function beforeDeadline<Value>(endsAt: number, work: () => Value): Value {
  return waits.run({ endsAt }, work)
}

/** For what has begun and must end: it has the request's time, whether or not anybody still waits for the answer. */
export function thoughGone<Value>(work: () => Value): Value {
  const waiting = waits.getStore()
  return waiting?.answer ? waits.run({ endsAt: waiting.endsAt }, work) : work()
}

/** For work that a request only sets off, and that goes on after it. */
export function withoutDeadline<Value>(work: () => Value): Value {
  return waits.run(undefined, work)
}

/** To be called right before something is changed. Throws TOO_LATE. */
export function refuseLate(): void {
  if (isLate()) throw tooLate()
}

function isLate(): boolean {
  const { endsAt = Number.POSITIVE_INFINITY, answer } = waits.getStore() ?? {}
  return performance.now() >= endsAt || (answer?.destroyed === true && !answer.writableFinished)
}

function tooLate(): ShopError {
  return new ShopError('TOO_LATE', undefined, { retryAfterS: 1 })
}
