/** Builds the shop's HTTP process from its configuration; `main.ts` makes it listen. */
import { readFile } from 'node:fs/promises'
import cookie from '@fastify/cookie'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { giveDeadlines } from '../platform/http/deadline.ts'
import { completeDocument } from '../platform/http/description.ts'
import { explainAnswers } from '../platform/http/explain.ts'
import { guardRequests } from '../platform/http/guards.ts'
import { exposeHealth, type Readiness } from '../platform/http/health.ts'
import { readJsonBodies } from '../platform/http/json-body.ts'
import { exposeMetrics } from '../platform/http/metrics.ts'
import { closeToClients } from '../platform/http/operator-paths.ts'
import { answerOtherMethods } from '../platform/http/other-methods.ts'
import { answerProblems, Problem } from '../platform/http/problems.ts'
import { Anything, NoQuery } from '../platform/http/schemas.ts'
import { type App, createServer } from '../platform/http/server.ts'
import { closeRedis, connectRedis } from '../platform/redis/redis.ts'
import { closeStores, connectStores } from '../platform/stores/connect.ts'
import { type Composed, compose } from './compose.ts'
import type { Config } from './config.ts'
import { probeServers } from './probes.ts'
import { mountRoutes } from './routes.ts'

export type Shop = { readonly app: App; readonly modules: Composed; readonly readiness: Readiness }

export async function buildShop(config: Config): Promise<Shop> {
  const app = createServer(config.name)
  const redis = await connectRedis(config)
  app.addHook('onClose', async () => closeRedis(redis))
  const stores = await connectStores(config, redis.state)
  app.addHook('onClose', () => closeStores(stores))
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-served-by', config.name)
    reply.header('x-content-type-options', 'nosniff')
    // A person's answers are nobody else's, and a price is seen at once: no proxy may keep either.
    reply.header('cache-control', 'no-store')
    done()
  })
  refuseUnknownQueries(app)
  answerProblems(app)
  answerOtherMethods(app)
  if (config.settings.explain === 'on') explainAnswers(app)
  else closeToClients(app, config.proxyKey)
  guardRequests(app)
  readJsonBodies(app)
  giveDeadlines(app, config)
  // Who needs a cookie asks for it.
  await app.register(cookie, { hook: false })
  await describeApi(app)
  const modules = compose(config, stores, redis)
  exposeMetrics(app, config.name)
  const readiness = exposeHealth(app, () => probeServers(config, stores))
  exposeTopology(app, config)
  mountRoutes(app, modules, config)
  app.addHook('onReady', async () => modules.start())
  app.addHook('preClose', async () => modules.stop())
  return { app, modules, readiness }
}

/** A route that names no query takes none; and says so, as what is refused is an answer too. */
function refuseUnknownQueries(app: FastifyInstance): void {
  app.addHook('onRoute', ({ schema }) => {
    if (!schema || schema.hide) return
    schema.querystring ??= NoQuery
    schema.response = { '4xx': Problem, ...((schema.response as object) ?? { 200: Anything }) }
  })
}

async function describeApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Outgrow', description: 'One shop API, six architectures.', version: '1.0.0' },
      components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'sid' } } },
    },
    transformObject: (document) =>
      completeDocument('openapiObject' in document ? document.openapiObject : document.swaggerObject),
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  app.get('/openapi.json', { schema: { tags: ['operation'], summary: 'This description' } }, () => app.swagger())
}

function exposeTopology(app: FastifyInstance, { topologyFile }: Config): void {
  app.get('/topology', { schema: { tags: ['operation'], summary: 'The running stage' } }, async () => {
    return topologyFile ? JSON.parse(await readFile(topologyFile, 'utf8')) : {}
  })
}
