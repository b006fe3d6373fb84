import type { FastifyInstance } from 'fastify'
import { ShopError } from './errors.ts'
import { sendProblem } from './problems.ts'

type Route = { readonly methods: readonly string[]; readonly path: RegExp }

/** A path that has other methods says which (RFC 9110, 15.5.6). To be called before there are routes. */
export function answerOtherMethods(app: FastifyInstance): void {
  const fixed = new Map<string, readonly string[]>()
  const routes: Route[] = []
  app.addHook('onRoute', ({ method, url }) => {
    const methods = [method].flat()
    if (/[:*]/.test(url)) routes.push({ methods, path: patternOf(url) })
    else fixed.set(url, [...(fixed.get(url) ?? []), ...methods])
  })
  app.addHook('onRequest', (request, reply, done) => {
    const path = pathOf(request.url)
    const own = fixed.get(path)
    // The router may have found another route, that takes the last part of a fixed path for an id.
    if (!request.is404 && (own === undefined || own.includes(request.method))) return done()
    const allowed = own ?? methodsOf(routes, path)
    // That the path does not take its own method is something else: a part of it may be too long.
    if (allowed.length === 0 || allowed.includes(request.method)) return done()
    reply.header('allow', [...new Set(allowed)].sort().concat('OPTIONS').join(', '))
    if (request.method === 'OPTIONS') reply.code(204).send()
    else sendProblem(request, reply, new ShopError('METHOD_NOT_ALLOWED'))
  })
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

/** All that match count: the router, too, looks for a path among those of one method. */
function methodsOf(routes: readonly Route[], path: string): string[] {
  return routes.filter((route) => route.path.test(path)).flatMap(({ methods }) => methods)
}

function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : RegExp.escape(part)))
  return new RegExp(`^${parts.join('/')}$`)
}
