/** What holds for every answer of a process that speaks for the shop, whichever route gives it. */
import { readFile } from 'node:fs/promises'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { completeDocument } from './description.ts'
import { answerOtherMethods } from './other-methods.ts'
import { answerProblems, Problem } from './problems.ts'
import { Anything, NoQuery } from './schemas.ts'
import type { App } from './server.ts'

/** To be called before there are routes. */
export function answerInOneVoice(app: FastifyInstance, name: string): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-served-by', name)
    reply.header('x-content-type-options', 'nosniff')
    // A person's answers are nobody else's, and a price is seen at once: no proxy may keep either.
    reply.header('cache-control', 'no-store')
    done()
  })
  refuseUnknownQueries(app)
  answerProblems(app)
  answerOtherMethods(app)
}

/** A route that names no query takes none; and says so, as what is refused is an answer too. */
function refuseUnknownQueries(app: FastifyInstance): void {
  app.addHook('onRoute', ({ schema }) => {
    if (!schema || schema.hide) return
    schema.querystring ??= NoQuery
    schema.response = { '4xx': Problem, ...((schema.response as object) ?? { 200: Anything }) }
  })
}

/** `complete` adds what other processes answer; then the page shows that in place of our own part. */
export async function describeApi(app: App, complete?: (own: object) => Promise<object>): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Outgrow', description: 'One shop API, six architectures.', version: '1.0.0' },
      components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'sid' } } },
    },
    transformObject: (document) =>
      completeDocument('openapiObject' in document ? document.openapiObject : document.swaggerObject),
  })
  const uiConfig = complete ? { urls: [{ url: '/openapi.json', name: 'Outgrow' }] } : {}
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig })
  const schema = { tags: ['operation'], summary: 'This description' }
  app.get('/openapi.json', { schema }, async () => {
    const own = app.swagger()
    return complete ? complete(own) : own
  })
}

export function exposeTopology(app: App, topologyFile: string | undefined): void {
  app.get('/topology', { schema: { tags: ['operation'], summary: 'The running stage' } }, async () => {
    return topologyFile ? JSON.parse(await readFile(topologyFile, 'utf8')) : {}
  })
}
