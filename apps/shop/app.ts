/** Builds the shop's HTTP process from its configuration; `main.ts` makes it listen. */
import { readFile } from 'node:fs/promises'
import cookie from '@fastify/cookie'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyInstance } from 'fastify'
import { refuseConnection } from '../platform/http/connection-errors.ts'
import { explainAnswers } from '../platform/http/explain.ts'
import { guardRequests } from '../platform/http/guards.ts'
import { exposeHealth, type Readiness } from '../platform/http/health.ts'
import { exposeMetrics } from '../platform/http/metrics.ts'
import { answerProblems, Problem, sendProblem, toShopError } from '../platform/http/problems.ts'
import { Anything, NoQuery } from '../platform/http/schemas.ts'
import { connectDatabases } from '../platform/mysql/connect.ts'
import { closeRedis, connectRedis } from '../platform/redis/redis.ts'
import { compose, type Modules } from './compose.ts'
import type { Config } from './config.ts'
import { mountRoutes } from './routes.ts'

/** The instance that routes are added to: schemas are TypeBox, so that handlers get their types from them. */
export type App = ReturnType<typeof createServer>

export type Shop = { readonly app: App; readonly modules: Modules; readonly readiness: Readiness }

const BODY_LIMIT_BYTES = 64 * 1_024
/** A whole request must arrive in this time, or its connection is closed (slowloris). */
const REQUEST_TIMEOUT_MS = 10_000
/** Node swaps the two times when the headers' is the longer, and looks for connections that are late every 30 s unless told otherwise. */
const SLOWNESS = { headersTimeout: 5_000, connectionsCheckingInterval: 1_000 }
/** Longer than the load balancer keeps idle connections, or it would write to one that we are closing. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000

/** Open at once; one more is closed unanswered. */
const CONNECTIONS = 2_000

export async function buildShop(config: Config): Promise<Shop> {
  const app = createServer(config)
  app.server.maxConnections = CONNECTIONS
  const redis = await connectRedis(config)
  app.addHook('onClose', async () => closeRedis(redis))
  const databases = await connectDatabases(config, redis.state)
  app.addHook('onClose', () => databases.close())
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-served-by', config.name)
    reply.header('x-content-type-options', 'nosniff')
    done()
  })
  refuseUnknownQueries(app)
  answerProblems(app)
  explainAnswers(app)
  guardRequests(app)
  await app.register(cookie)
  await describeApi(app)
  const modules = compose(config, databases, redis)
  exposeMetrics(app, config.name)
  const readiness = exposeHealth(app, config)
  exposeTopology(app, config)
  mountRoutes(app, modules, config)
  app.addHook('onReady', async () => modules.start())
  app.addHook('preClose', async () => modules.stop())
  return { app, modules, readiness }
}

function createServer({ name }: Config) {
  return Fastify({
    logger: { level: 'warn' },
    bodyLimit: BODY_LIMIT_BYTES,
    http: SLOWNESS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    genReqId: () => crypto.randomUUID(),
    // What is refused before a route is found is a problem too.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-served-by', name)
      sendProblem(request, reply, toShopError(error))
    },
    clientErrorHandler: (error, socket) => refuseConnection(error, socket, name),
    // Strict: no coercion, no defaults, an unknown field is an error rather than dropped.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false } },
  }).withTypeProvider<TypeBoxTypeProvider>()
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
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  app.get('/openapi.json', { schema: { tags: ['operation'], summary: 'This description' } }, () => app.swagger())
}

function exposeTopology(app: FastifyInstance, { topologyFile }: Config): void {
  app.get('/topology', { schema: { tags: ['operation'], summary: 'The running stage' } }, async () => {
    return topologyFile ? JSON.parse(await readFile(topologyFile, 'utf8')) : {}
  })
}
