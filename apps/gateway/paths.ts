import type { FastifyRequest } from 'fastify'
import type { Module } from '../../infra/stage/topology.ts'
import { PUBLIC_PATHS as ORDERS } from '../orders/paths.ts'
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

type Services = Readonly<Partial<Record<Module, ConnectedService>>>

export function passOnPaths(app: App, services: Services, door: Omit<Door, 'keepsCookie'>): void {
  for (const [module, paths] of Object.entries(PATHS)) {
    const service = services[module as Module]
    if (!service) throw new Error(`no service answers for ${module}`)
    // Who logs out ends the session of the cookie; nobody else has to see it.
    const handle = passOn(service, { ...door, keepsCookie: module === 'users' })
    for (const [url, methods] of Object.entries(paths)) {
      const handler = (request: FastifyRequest, reply: Parameters<typeof handle>[1]) =>
        handle(request, reply, targetOf(url, request))
      const method = methods.flatMap((one) => (one === 'GET' ? [one, 'HEAD'] : one))
      app.route({ method, url, schema: { hide: true }, exposeHeadRoute: false, handler })
    }
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
