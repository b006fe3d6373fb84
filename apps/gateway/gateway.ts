/** The front door of services: strict as the shop itself, it looks who asks and passes on what their paths belong to. */
import cookie from '@fastify/cookie'
import type { FastifyRequest } from 'fastify'
import { followCopies } from '../platform/calls/changing-copies.ts'
import { closeServices, connectServices } from '../platform/calls/services.ts'
import { answerInOneVoice, describeApi, exposeTopology } from '../platform/http/api.ts'
import { clientAddress, isFromProxy } from '../platform/http/client-address.ts'
import { giveDeadlines } from '../platform/http/deadline.ts'
import { explainAnswers } from '../platform/http/explain.ts'
import { guardRequests } from '../platform/http/guards.ts'
import { exposeHealth, type Readiness } from '../platform/http/health.ts'
import { exposeMetrics } from '../platform/http/metrics.ts'
import { closeToClients } from '../platform/http/operator-paths.ts'
import { type App, createServer } from '../platform/http/server.ts'
import { closeRedis, connectRedis } from '../platform/redis/redis.ts'
import { startTracing } from '../platform/tracing/start-tracing.ts'
import { traceRequests } from '../platform/tracing/traced-requests.ts'
import { productsClient } from '../products/client.ts'
import { ListedProduct } from '../products/schemas.ts'
import { recentlyViewedClient } from '../users/recently-viewed/client.ts'
import { recentlyViewedRoutes } from '../users/recently-viewed/routes.ts'
import type { GatewayConfig } from './config.ts'
import { describedBy } from './description.ts'
import { passOnPaths, passOnStreams } from './paths.ts'
import { probeWays } from './probes.ts'
import { doorSessions } from './sessions.ts'

type RunningGateway = { readonly app: App; readonly readiness: Readiness }

export async function buildGateway(config: GatewayConfig): Promise<RunningGateway> {
  const { name, settings, proxyKey } = config
  const app = createServer(name)
  await startTracing(app, config)
  const { state } = await connectRedis(config)
  if (!state) throw new Error('a gateway needs a Redis with the sessions')
  app.addHook('onClose', async () => closeRedis({ state }))
  const services = connectServices(config.service, config.services, settings)
  app.addHook('onClose', () => closeServices(services))
  const { users, products } = services
  if (!users || !products) throw new Error('a gateway needs to know where users and products are')
  answerInOneVoice(app, name)
  if (settings.explain === 'on') explainAnswers(app)
  else closeToClients(app, proxyKey)
  if (settings.tracing === 'on') traceRequests(app, () => false)
  guardRequests(app)
  takeBytes(app)
  const isBelieved = (request: FastifyRequest) => isFromProxy(request, proxyKey)
  giveDeadlines(app, isBelieved, { readsToo: true })
  await app.register(cookie, { hook: false })
  await describeApi(app, describedBy(services))
  exposeMetrics(app, name)
  const readiness = exposeHealth(app, () => probeWays(config, services))
  exposeTopology(app, config.topologyFile)
  const visitors = doorSessions(state, users, settings)
  // A list of one service and what another knows of it: the only answer that is put together here.
  const lists = { visitors, recentlyViewed: recentlyViewedClient(users) }
  recentlyViewedRoutes(app, lists, { schema: ListedProduct, byId: productsClient(products).byIds })
  const door = { visitors, addressOf: (request: FastifyRequest) => clientAddress(request, proxyKey), isBelieved }
  passOnPaths(app, services, door)
  const streams = connectServices(config.service, { orders: config.services.orders }, settings)
  app.addHook('onClose', () => closeServices(streams))
  followCopies(app, { ...services, streams: streams.orders }, config.copiesFile)
  passOnStreams(app, streams, { ...door, until: readiness.draining })
  return { app, readiness }
}

/** As they came: the service that they are for reads them. */
function takeBytes(app: App): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}
