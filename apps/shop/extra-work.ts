/** The experiment with hops: as a request does more of its own work, what it costs to pass it on counts for less. */
import type { FastifyInstance } from 'fastify'

const OPERATION = /^\/(?:internal\/|health\/|metrics$|topology$|openapi\.json$|docs)/

/** Each request of a shopper costs so many milliseconds of CPU more, as if it had that much to work out. */
export function workMore(app: FastifyInstance, workMs: number): void {
  if (workMs === 0) return
  app.addHook('preHandler', (request, _reply, done) => {
    if (!OPERATION.test(request.routeOptions.url ?? '')) work(1_000 * workMs)
    done()
  })
}

/** Microseconds of our own, whoever else has the processor meanwhile. */
function work(cpuUs: number): void {
  const startedAt = process.threadCpuUsage()
  let spent = 0
  while (spent < cpuUs) {
    const { user, system } = process.threadCpuUsage(startedAt)
    spent = user + system
  }
}
