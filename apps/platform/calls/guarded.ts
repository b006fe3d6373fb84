/**
 * What keeps a service that is slow or away from taking its callers along: it gets a share of their places and no more, and while it answers
 * nothing it is not asked.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { BrokenCircuitError, bulkhead, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import { Gauge } from 'prom-client'
import { MOST_AT_ONCE as PLACES } from '../../../infra/haproxy/config.ts'
import type { Settings } from '../../../infra/stage/settings.ts'
import { ALL_MODULES } from '../../../infra/stage/topology.ts'
import { ShopError } from '../http/errors.ts'
import { registry } from '../http/metrics.ts'
import { type Asked, deadlines } from '../process/deadlines.ts'
import type { Answer, Sending, Service } from './service.ts'

const breakers = new Gauge({
  name: 'outgrow_breaker_open',
  help: 'Whether a service is not asked now, as it answered nothing: 1 until it was tried and answered',
  labelNames: ['service'],
  registers: [registry],
})

export type Guards = Pick<Settings, 'breaker' | 'bulkhead' | 'edgePatienceMs' | 'giveUpSilent' | 'retries'>

/** Of the places that a gateway has for all services. */
export const PLACES_OF_ONE = PLACES / ALL_MODULES.length
/** Bursts to one that is quick wait for a moment, up to all of the others' places; one that is slow has these only for so long. */
const MOST_WAITING = PLACES - PLACES_OF_ONE
/** The library keeps whoever has given up until a place comes free, which is within the time of a request. */
const MOST_KEPT = 10_000
const waitMsOf = ({ edgePatienceMs }: Guards) => edgePatienceMs / 2
/** Its copies have been asked by then whether they live, and have had time to say so; most calls take a hundredth of it. */
const lateMsOf = ({ edgePatienceMs }: Guards) => edgePatienceMs * 2
/** A slow card takes longer than that as well: of these there are hardly so many one after the other, and none between them. */
export const FAILURES_IN_A_ROW = 8
/** Clients are told to come again in a second: then it has been tried already. */
export const TRY_AGAIN_AFTER_MS = 500

type Work = () => Promise<Answer>
type Guard = (work: Work, sending: Sending) => Promise<Answer>

export function guarded(name: string, service: Service, guards: Guards): Service {
  const judge = guards.breaker === 'on' ? breakerOf(name, service, guards) : unguarded
  const admit = guards.bulkhead === 'on' ? bulkheadOf(name, guards) : unguarded
  return { ...service, send: (sent, sending) => judge(() => admit(() => service.send(sent, sending), sending), sending) }
}

const unguarded: Guard = (work) => work()

/** Thrown where no place came free. */
class NoPlace extends ShopError {}

/** A place is taken until the answer begins: what is streamed for long holds none. */
function bulkheadOf(name: string, guards: Guards): Guard {
  const places = bulkhead(PLACES_OF_ONE, MOST_KEPT)
  let waiting = 0
  const noPlace = () => new NoPlace('UNAVAILABLE', `${name} has too much to do`, { retryAfterS: 1 })
  return async (work, { signal }) => {
    if (places.executionSlots > 0) return places.execute(work)
    if (waiting >= MOST_WAITING) throw noPlace()
    waiting += 1
    let isWaiting = true
    const leaveTheLine = () => {
      if (isWaiting) waiting -= 1
      isWaiting = false
    }
    const waited = AbortSignal.timeout(waitMsOf(guards))
    const nobodyWaits = signal ? AbortSignal.any([signal, waited]) : waited
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const giveUp = () => {
      leaveTheLine()
      reject(noPlace())
    }
    nobodyWaits.addEventListener('abort', giveUp, { once: true })
    // In its own request's context, and not in that of the one that leaves a place.
    const begin = AsyncLocalStorage.bind(() => {
      leaveTheLine()
      const answer = work()
      resolve(answer)
      return answer
    })
    places.execute(begin, nobodyWaits).catch(giveUp)
    return promise
  }
}

/** Tells the breaker of a call what the caller need not hear. */
class Failed extends Error {}
class Abandoned extends Error {}

function breakerOf(name: string, service: Service, guards: Guards): Guard {
  // Nothing is learned from a call that its client has given up; but where it was the one that tries whether the service is back, it is not.
  const counts = (error: unknown) =>
    error instanceof Failed || (error instanceof Abandoned && breaker.state === CircuitState.HalfOpen)
  const breaker = circuitBreaker(handleWhen(counts), {
    breaker: new ConsecutiveBreaker(FAILURES_IN_A_ROW),
    halfOpenAfter: TRY_AGAIN_AFTER_MS,
  })
  const lates = deadlines<Judged>(lateMsOf(guards), ({ giveUp }) => giveUp())
  /** Where one of several copies dies, the others do not count for it. */
  const verdictOf = (error: unknown, { signal }: Sending): unknown => {
    if (signal?.aborted) return new Abandoned()
    return error instanceof NoPlace || !service.isUp() ? new Failed() : error
  }
  breaker.onStateChange((state) => breakers.set({ service: name }, Number(state !== CircuitState.Closed)))
  return (work, sending) => {
    // One call tries whether it is back, and nobody waits for what comes of that.
    if (breaker.state === CircuitState.HalfOpen) return Promise.reject(notAsked(name))
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const begin = () => {
      const answer = work()
      resolve(answer)
      return verdictOn(answer, { lates, verdict: (error) => verdictOf(error, sending) })
    }
    breaker.execute(begin).catch((error) => reject(error instanceof BrokenCircuitError ? notAsked(name) : error))
    return promise
  }
}

function notAsked(name: string): ShopError {
  return new ShopError('UNAVAILABLE', `${name} does not answer, and is not asked for a moment`, { retryAfterS: 1 })
}

type Judged = Asked & { readonly giveUp: () => void }
type Judging = { readonly lates: ReturnType<typeof deadlines<Judged>>; verdict(error: unknown): unknown }

/** What an answer says is not the breaker's business: who says no has answered. */
function verdictOn(answer: Promise<Answer>, { lates, verdict }: Judging): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (error: unknown) => {
    if (lates.answered(judged)) reject(verdict(error))
  }
  const judged: Judged = { sentAt: performance.now(), isDone: false, giveUp: () => fail(new Failed()) }
  lates.add(judged)
  answer.then(() => {
    lates.answered(judged)
    resolve()
  }, fail)
  return promise
}
