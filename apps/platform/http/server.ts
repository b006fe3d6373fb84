/** The HTTP server that every process of the shop is built on: strict about what it takes, and bounded in all of it. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { LogController } from 'fastify'
import { logStream } from '../../../infra/process/outlive-full-log.ts'
import { refuseConnection, refuseUnseenRequests } from './connection-errors.ts'
import { makeLoggersLate } from './late-logger.ts'
import { sendProblem, toShopError } from './problems.ts'
import { isTimestamp } from './timestamp.ts'

/** The instance that routes are added to: schemas are TypeBox, so that handlers get their types from them. */
export type App = ReturnType<typeof createServer>

const BODY_LIMIT_BYTES = 64 * 1_024
/** A whole request must arrive in this time, or its connection is closed (slowloris). */
const REQUEST_TIMEOUT_MS = 10_000
/** Node swaps the two times when the headers' is the longer, and looks for connections that are late every 30 s unless told otherwise. */
const SLOWNESS = { headersTimeout: 5_000, connectionsCheckingInterval: 2_000 }
/** It is we who say that it is missing. */
const HOST = { requireHostHeader: false }
/** Longer than the load balancer keeps idle connections, or it would write to one that we are closing. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000

/** Open at once; one more is closed unanswered. */
const CONNECTIONS = 2_000

/** `name` is what `x-served-by` says of answers that no route gave. */
export function createServer(name: string) {
  const app = Fastify({
    logger: { level: 'warn', stream: logStream },
    bodyLimit: BODY_LIMIT_BYTES,
    http: { ...SLOWNESS, ...HOST },
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    // What is said of a request at all is said by us.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    // What is refused before a route is found is a problem too.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-served-by', name)
      reply.header('cache-control', 'no-store')
      sendProblem(request, reply, toShopError(error))
    },
    clientErrorHandler: (error, socket) => refuseConnection(error, socket, name),
    // Strict: no coercion, no defaults, an unknown field is an error rather than dropped.
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false },
      onCreate: (ajv) => void ajv.addFormat('date-time', isTimestamp),
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
  makeLoggersLate(app.log)
  app.server.maxConnections = CONNECTIONS
  refuseUnseenRequests(app.server, name)
  return app
}

/** No two are alike, of whichever process: chance anew for each request takes six times as long. */
function requestIds(): () => string {
  const process = crypto.randomUUID()
  let number = 0
  return () => {
    number += 1
    return `${process}-${number.toString(36)}`
  }
}
