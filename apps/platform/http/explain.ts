/** With `x-explain: 1` an answer says, as `Server-Timing`, which hosts worked on it and for how long. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance, FastifyRequest } from 'fastify'

type Timing = { metric: string; description: string; milliseconds: number }

const timings = new AsyncLocalStorage<Timing[]>()
const TIMINGS = Symbol('timings')

export function explainAnswers(app: FastifyInstance): void {
  // Only requests that ask for it pay for the async context.
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.headers['x-explain'] !== '1') return done()
    const list: Timing[] = []
    Object.assign(request, { [TIMINGS]: list })
    timings.run(list, done)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const list = (request as FastifyRequest & { [TIMINGS]?: Timing[] })[TIMINGS]
    if (list) {
      // Where it was passed on, the service behind us has said what it did.
      const before = reply.getHeader('server-timing')
      const own = [...summarized(list), total(reply.elapsedTime)].map(format)
      reply.header('server-timing', [...(before === undefined ? [] : [before]), ...own].join(', '))
    }
    done(null, payload)
  })
}

/** Called wherever a host, a cache or a hop takes part in an answer; costs next to nothing when nobody asked. */
export function noteTiming(metric: string, description: string, milliseconds: number): void {
  timings.getStore()?.push({ metric, description, milliseconds })
}

export type NoteTiming = typeof noteTiming

/** `noteTiming` of the request at hand, for work that ends outside of its async context, as in the callback of a socket. */
export function requestTimings(): NoteTiming {
  const list = timings.getStore()
  if (!list) return ignore
  return (metric, description, milliseconds) => void list.push({ metric, description, milliseconds })
}

function ignore(): void {}

/** More than these say nothing more, and make a header that proxies refuse: a change tells the cache of hundreds of keys. */
const MOST_ALIKE = 8

/** Of many that are called the same the longest stands for all. */
function summarized(list: readonly Timing[]): Timing[] {
  const alike = Map.groupBy(list, ({ metric, description }) => `${metric} ${description}`)
  return [...alike.values()].flatMap((timings) => (timings.length > MOST_ALIKE ? [longestOf(timings)] : timings))
}

function longestOf(timings: readonly Timing[]): Timing {
  const longest = timings.reduce((one, other) => (other.milliseconds > one.milliseconds ? other : one))
  return { ...longest, description: `${longest.description}, longest of ${timings.length}` }
}

function total(milliseconds: number): Timing {
  return { metric: 'total', description: 'app', milliseconds }
}

function format({ metric, description, milliseconds }: Timing): string {
  return `${metric};desc="${description}";dur=${milliseconds.toFixed(2)}`
}
