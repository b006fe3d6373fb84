import type { FastifyInstance } from 'fastify'
import { COPIES_PATH } from '../../../infra/stage/copies-document.ts'
import { isFromProxy } from './client-address.ts'
import { ShopError } from './errors.ts'

/** The routes of what watches and describes a process, which asks it past the front door. */
export const OPERATION = /^\/(?:health\/|metrics$|topology$|openapi\.json$|docs(?:\/|$))/

/** What tells of hosts, ports, accounts and queries. */
const OPERATOR_PATHS = new Set(['/health/ready', COPIES_PATH, '/metrics', '/topology'])

/**
 * The operators' paths are there for those who ask an app past the load balancer, and for nobody who comes through it. Where there is
 * none, nothing tells a client from an operator, and they stay open.
 */
export function closeToClients(app: FastifyInstance, proxyKey: string | undefined): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (OPERATOR_PATHS.has(request.routeOptions.url ?? '') && isFromProxy(request, proxyKey)) throw new ShopError('NOT_FOUND')
    done()
  })
}
