import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from '../../process/node-http.ts'
import type { Keeper } from './keeper.ts'
import { metricsText } from './metrics.ts'

/** A long poll is answered by then, changed or not. */
const LONG_POLL_MS = 10_000
const REQUEST_TIMEOUT_MS = 5_000
const MOST_CONNECTIONS = 200

/** `GET /roles?after=VERSION` (long poll), `GET /health` (200 once there is a primary), `GET /metrics`. */
export function keeperServer(keeper: Keeper): Server {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 72_000 }, (request, response) => {
    answer(keeper, request, response).catch((error) => send(response, 500, { error: String(error) }))
  })
  server.maxConnections = MOST_CONNECTIONS
  return server
}

async function answer(keeper: Keeper, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://keeper')
  if (request.method !== 'GET') return send(response, 405, { error: 'only GET is answered here' })
  if (pathname === '/roles') return sendRoles(keeper, searchParams.get('after'), response)
  if (pathname === '/health') return send(response, keeper.board.roles.primary === null ? 503 : 200, keeper.board.roles)
  if (pathname === '/metrics')
    return void response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metricsText(keeper))
  send(response, 404, { error: 'there is nothing at this address' })
}

async function sendRoles({ board }: Keeper, after: string | null, response: ServerResponse): Promise<void> {
  if (after !== null && !/^\d{1,16}$/.test(after)) return send(response, 400, { error: '"after" takes the version of an answer' })
  const roles = await board.newerThan(after === null ? undefined : Number(after), LONG_POLL_MS)
  // Who asks goes on with what was said last.
  if (roles) send(response, 200, roles)
  else send(response, 503, { error: 'the servers have not been asked yet' })
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
