import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OPERATION } from '../http/operator-paths.ts'
import { beginSpan, inSpan, type Span, TRACEPARENT_HEADER, traceparentIn } from '../process/span.ts'

const TRACE_ID_HEADER = 'x-trace-id'
const MOST_PATH_CHARACTERS = 200

/**
 * Each request is a span, and its answer names the trace. `isOurs`: it comes from another of our processes, and goes on with that one's trace.
 * What a client writes into the same header is left alone: whoever could choose our ids could put a stranger's requests into one trace, or
 * all of the shop's. And what another process asks for no request, as sweepers do all the time, is no trace.
 */
export function traceRequests(app: FastifyInstance, isOurs: (request: FastifyRequest) => boolean): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { url } = request.routeOptions
    if (url === undefined || OPERATION.test(url)) return done()
    const comesFromUs = isOurs(request)
    const parent = comesFromUs ? traceparentIn(request.headers[TRACEPARENT_HEADER]) : undefined
    if (comesFromUs && parent === undefined) return done()
    const span = beginSpan(() => ({
      name: `${request.method} ${url}`,
      kind: 'server',
      parent,
      startedAt: performance.now() - reply.elapsedTime,
      attributes: { 'http.request.method': request.method, 'http.route': url, 'url.path': pathOf(request) },
    }))
    if (!span) return done()
    reply.header(TRACE_ID_HEADER, span.traceId)
    reply.raw.once('close', () => endWith(span, reply))
    inSpan(span, done)
  })
}

function pathOf({ url }: FastifyRequest): string {
  return url.replace(/[?#].*$/s, '').slice(0, MOST_PATH_CHARACTERS)
}

function endWith(span: Span, { raw }: FastifyReply): void {
  span.set({ 'http.response.status_code': raw.statusCode })
  if (!raw.writableFinished) span.end('the client had gone before the answer')
  else span.end(raw.statusCode >= 500 ? `answered ${raw.statusCode}` : undefined)
}
