/** Builds the shop's HTTP process from its configuration; `main.ts` makes it listen. */
import cookie from '@fastify/cookie'
import type { FastifyRequest } from 'fastify'
import { connectLive } from '../orders/live-orders.ts'
import { identityOf, refuseStrangers, sayGoodbye } from '../platform/calls/callers.ts'
import { followCopies } from '../platform/calls/changing-copies.ts'
import { closeServices, connectServices } from '../platform/calls/services.ts'
import { answerInOneVoice, describeApi, exposeTopology } from '../platform/http/api.ts'
import { isFromProxy } from '../platform/http/client-address.ts'
import { giveDeadlines } from '../platform/http/deadline.ts'
import { explainAnswers } from '../platform/http/explain.ts'
import { guardRequests } from '../platform/http/guards.ts'
import { exposeHealth, type Readiness } from '../platform/http/health.ts'
import { forgetKeys } from '../platform/http/idempotency.ts'
import { readJsonBodies } from '../platform/http/json-body.ts'
import { exposeMetrics } from '../platform/http/metrics.ts'
import { closeToClients } from '../platform/http/operator-paths.ts'
import { type App, createServer } from '../platform/http/server.ts'
import { closeRedis, connectRedis } from '../platform/redis/redis.ts'
import { closeStores, connectStores } from '../platform/stores/connect.ts'
import { startTracing } from '../platform/tracing/start-tracing.ts'
import { traceRequests } from '../platform/tracing/traced-requests.ts'
import { type Composed, compose } from './compose.ts'
import type { Config } from './config.ts'
import { workMore } from './extra-work.ts'
import { probeServers } from './probes.ts'
import { mountRoutes } from './routes.ts'

export type Shop = { readonly app: App; readonly modules: Composed; readonly readiness: Readiness }

export async function buildShop(config: Config): Promise<Shop> {
  const app = createServer(config.name)
  await startTracing(app, config)
  const redis = await connectRedis(config)
  app.addHook('onClose', async () => closeRedis(redis))
  const stores = await connectStores(config, redis.state)
  app.addHook('onClose', () => closeStores(stores))
  const services = connectServices(config.service, config.remote ?? {}, config.settings)
  app.addHook('onClose', () => closeServices(services))
  answerInOneVoice(app, config.name)
  if (config.settings.explain === 'on') explainAnswers(app)
  else closeToClients(app, config.proxyKey)
  if (config.callers) refuseStrangers(app, { service: config.service, callers: config.callers })
  if (config.settings.tracing === 'on') traceRequests(app, (request) => identityOf(request) !== undefined)
  guardRequests(app)
  readJsonBodies(app)
  giveDeadlines(app, (request) => isOurs(request, config), { readsToo: config.callers !== undefined })
  // Who needs a cookie asks for it.
  await app.register(cookie, { hook: false })
  await describeApi(app)
  if (config.settings.idempotency === 'off') forgetKeys(app)
  workMore(app, config.settings.workMs)
  const live = connectLive(config)
  app.addHook('onClose', async () => live?.close())
  const modules = compose(config, { stores, redis, services, ...(live && { live }) })
  exposeMetrics(app, config.name)
  const readiness = exposeHealth(app, () => probeServers(config, stores))
  if (config.callers) sayGoodbye(app, readiness)
  exposeTopology(app, config.topologyFile)
  followCopies(app, services, config.copiesFile)
  mountRoutes(app, modules, config, readiness.draining)
  app.addHook('onReady', async () => modules.start())
  app.addHook('preClose', async () => modules.stop())
  return { app, modules, readiness }
}

/** What it says of when it came to the edge, the edge has said, or another of the shop's processes. */
function isOurs(request: FastifyRequest, { proxyKey }: Config): boolean {
  return isFromProxy(request, proxyKey) || identityOf(request) !== undefined
}
