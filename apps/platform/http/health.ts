/**
 * Three questions, kept apart: does the process run (live), does it take requests (accepting), can it do its work (ready).
 * The load balancer asks the second: if it asked the third, one slow database would take all copies out at once.
 */
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Step } from '../process/probe.ts'
import { ShopError } from './errors.ts'
import { Problem } from './problems.ts'

const Live = Type.Object({ status: Type.Literal('live') })
const Accepting = Type.Object({ status: Type.Literal('accepting') })
const Steps = Type.Array(Type.Object({ step: Type.String(), ok: Type.Boolean(), detail: Type.String(), ms: Type.Number() }))
const Ready = Type.Object({
  status: Type.Literal('ready'),
  /** What does not answer, in words; the shop goes on without it. */
  degraded: Type.Array(Type.String()),
  databases: Type.Record(Type.String(), Steps),
  redis: Type.Record(Type.String(), Steps),
  services: Type.Record(Type.String(), Steps),
})

/** Checks come every 200 ms from each balancer; the databases are asked at most this often, whoever asks. */
const PROBE_AGE_MS = 1_000

/** `draining` is aborted when it takes nothing more. */
export type Readiness = { drain(): void; isDraining(): boolean; readonly draining: AbortSignal }

/** The way to one server, or to the writes of a store, as far as it was found open. */
export type Way = {
  readonly kind: 'database' | 'redis' | 'store' | 'service'
  readonly name: string
  readonly steps: readonly Step[]
}

// Checks come several times a second and say themselves what is wrong: none of them is logged.
export function exposeHealth(app: FastifyInstance, probeAll: () => Promise<readonly Way[]>): Readiness {
  const leaving = new AbortController()
  const { signal: draining } = leaving
  const drain = () => leaving.abort(new Error('this app is shutting down'))
  app.addHook('preClose', async () => drain())
  const probe = remembered(probeAll, PROBE_AGE_MS)
  app.get(
    '/health/live',
    { logLevel: 'silent', schema: { tags: ['operation'], summary: 'Is the process alive', response: { 200: Live } } },
    () => ({
      status: 'live' as const,
    }),
  )
  // 404 is what the balancer takes for an app that ends its work and wants no more; 503 would cut it off.
  const accepting = { tags: ['operation'], summary: 'Does it take requests', response: { 200: Accepting, 404: Problem } }
  app.get('/health/accepting', { logLevel: 'silent', schema: accepting }, () => {
    if (draining.aborted) throw new ShopError('NOT_FOUND', 'this app is shutting down')
    return { status: 'accepting' as const }
  })
  const schema = { tags: ['operation'], summary: 'Can it take requests', response: { 200: Ready, 503: Problem } }
  app.get('/health/ready', { logLevel: 'silent', schema }, async () => {
    if (draining.aborted) throw new ShopError('UNAVAILABLE', 'this app is shutting down')
    const ways = Object.groupBy(await probe(), ({ kind }) => kind)
    const { database: databases = [], redis = [], store: stores = [], service: services = [] } = ways
    // Of several databases one is enough: reads go on without the others, and any of them may become the primary. So it is with services.
    const [broken] = [databases, services].flatMap((alike) => (alike.every(isBroken) ? alike : []))
    if (broken) throw new ShopError('UNAVAILABLE', describe(broken), { retryAfterS: 1 })
    const degraded = [...databases, ...stores, ...redis, ...services].filter(isBroken).map(describe)
    return { status: 'ready' as const, degraded, databases: byName(databases), redis: byName(redis), services: byName(services) }
  })
  return {
    drain,
    isDraining: () => draining.aborted,
    draining,
  }
}

function isBroken({ steps }: Way): boolean {
  return steps.some(({ ok }) => !ok)
}

function describe({ kind, name, steps }: Way): string {
  const last = steps.at(-1)
  return `${kind} ${name}: ${last?.step}: ${last?.detail}`
}

function byName(ways: readonly Way[]): Record<string, Step[]> {
  return Object.fromEntries(ways.map(({ name, steps }) => [name, [...steps]]))
}

function remembered<Value>(ask: () => Promise<Value>, ageMs: number): () => Promise<Value> {
  let askedAt = Number.NEGATIVE_INFINITY
  let answer: Promise<Value> | undefined
  return () => {
    if (answer === undefined || performance.now() - askedAt > ageMs) {
      askedAt = performance.now()
      answer = ask()
    }
    return answer
  }
}
