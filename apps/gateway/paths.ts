import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Module } from '../../infra/stage/topology.ts'
import { PUBLIC_PATHS as ORDERS, STREAM_PATHS as STREAMS } from '../orders/paths.ts'
import { PUBLIC_PATHS as PAYMENTS } from '../payments/paths.ts'
import type { ConnectedService } from '../platform/calls/services.ts'
import { ShopError } from '../platform/http/errors.ts'
import type { App } from '../platform/http/server.ts'
import { PUBLIC_PATHS as PRODUCTS } from '../products/paths.ts'
import { PUBLIC_PATHS as USERS } from '../users/paths.ts'
import { type Door, passOn } from './pass-on.ts'

/** What is in none of these tables is nowhere, however it is written. */
export const PATHS: Readonly<Record<Module, Readonly<Record<string, readonly string[]>>>> = {
  users: USERS,
  products: PRODUCTS,
  orders: ORDERS,
  payments: PAYMENTS,
}

/** In one process; there are connections for so many to each copy of a service. */
const MOST_STREAMS = 64
const WRITTEN_STREAM = /^\/orders\/[^/?#]+\/events(?:[?#]|$)/

type Services = Readonly<Partial<Record<Module, ConnectedService>>>

export function passOnPaths(app: App, services: Services, door: Omit<Door, 'keepsCookie'>): void {
  for (const [module, paths] of Object.entries(PATHS)) {
    const service = services[module as Module]
    if (!service) throw new Error(`no service answers for ${module}`)
    // Who logs out ends the session of the cookie; nobody else has to see it.
    const handle = passOn(service, { ...door, keepsCookie: module === 'users' })
    for (const [url, methods] of Object.entries(paths)) {
      if (url in STREAMS) continue
      const handler = (request: FastifyRequest, reply: FastifyReply) => handle(request, reply, targetOf(url, request))
      const method = methods.flatMap((one) => (one === 'GET' ? [one, 'HEAD'] : one))
      app.route({ method, url, schema: { hide: true }, exposeHeadRoute: false, handler })
    }
  }
}

/** Each keeps a connection: they have some of their own, so that no request waits for who only listens. */
export function passOnStreams(
  app: App,
  { orders }: Services,
  door: Omit<Door, 'keepsCookie'> & { readonly until: AbortSignal },
): void {
  if (!orders) throw new Error('no service answers for orders')
  const handle = passOn(orders, { ...door, keepsCookie: false })
  let open = 0
  for (const [url, method] of Object.entries(STREAMS)) {
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      // The edge tells streams by their path as it is written: one that is written otherwise would hold a place of its other requests.
      if (!WRITTEN_STREAM.test(request.raw.url ?? '')) throw new ShopError('NOT_FOUND', 'there is nothing at this address')
      if (open >= MOST_STREAMS) throw new ShopError('UNAVAILABLE', 'too many follow their orders here', { retryAfterS: 5 })
      if (!reply.raw.destroyed) {
        open += 1
        reply.raw.once('close', () => {
          open -= 1
        })
      }
      return handle(request, reply, targetOf(url, request))
    }
    app.route({ method, url, schema: { hide: true }, exposeHeadRoute: false, handler })
  }
}

/** Written anew from what was understood, so that the service cannot understand something else. */
function targetOf(pattern: string, { params, raw: { url = '' } }: FastifyRequest): string {
  const known = params as Readonly<Record<string, string>>
  const path = pattern.replace(/:(\w+)/g, (_, name: string) => written(known[name] ?? ''))
  const query = /[?#](.*)$/.exec(url)?.[1]
  return query === undefined ? path : `${path}?${query}`
}

/** The only parts of a path that mean something else, and that no writing can keep from it. */
const UPWARD = /^\.{1,2}$/

function written(part: string): string {
  if (UPWARD.test(part)) throw new ShopError('BAD_REQUEST', 'the path is not valid')
  return encodeURIComponent(part)
}
