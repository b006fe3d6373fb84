import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from '../../process/node-http.ts'
import type { Keeper } from './keeper.ts'
import { metricsText } from './metrics.ts'

/** A long poll is answered by then, changed or not. */
const LONG_POLL_MS = 10_000
const REQUEST_TIMEOUT_MS = 5_000
const MOST_CONNECTIONS = 200

/** By the name of what each watches over. */
export type Keepers = ReadonlyMap<string, Keeper>

/** `GET /roles?of=GROUP&after=VERSION` (long poll), `GET /health` (200 once each group has a primary), `GET /metrics`. */
export function keeperServer(keepers: Keepers): Server {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: 72_000 }, (request, response) => {
    answer(keepers, request, response).catch((error) => send(response, 500, { error: String(error) }))
  })
  server.maxConnections = MOST_CONNECTIONS
  return server
}

async function answer(keepers: Keepers, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://keeper')
  if (request.method !== 'GET') return send(response, 405, { error: 'only GET is answered here' })
  if (pathname === '/roles') return sendRoles(keepers, searchParams, response)
  if (pathname === '/health') return sendHealth(keepers, response)
  if (pathname === '/metrics')
    return void response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metricsText(keepers))
  send(response, 404, { error: 'there is nothing at this address' })
}

/** The only group need not be named. */
async function sendRoles(keepers: Keepers, asked: URLSearchParams, response: ServerResponse): Promise<void> {
  const [of, after] = [asked.get('of'), asked.get('after')]
  const [only] = keepers.size === 1 ? keepers.values() : []
  const keeper = of === null ? only : keepers.get(of)
  if (!keeper) return send(response, 400, { error: `"of" takes the name of a group: ${[...keepers.keys()].join(', ')}` })
  if (after !== null && !/^\d{1,16}$/.test(after)) return send(response, 400, { error: '"after" takes the version of an answer' })
  const roles = await keeper.board.newerThan(after === null ? undefined : Number(after), LONG_POLL_MS)
  // Who asks goes on with what was said last.
  if (roles) send(response, 200, roles)
  else send(response, 503, { error: 'the servers have not been asked yet' })
}

function sendHealth(keepers: Keepers, response: ServerResponse): void {
  const roles = [...keepers].map(([name, { board }]) => [name, board.roles] as const)
  const isWell = roles.every(([, { primary }]) => primary !== null)
  send(response, isWell ? 200 : 503, Object.fromEntries(roles))
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
