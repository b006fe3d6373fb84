import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ShopError } from '../http/errors.ts'
import type { Readiness } from '../http/health.ts'
import { OPERATION } from '../http/operator-paths.ts'
import { type Identity, type Verifier, verifier } from './identity.ts'
import { rememberingVerifier } from './remembered-tokens.ts'

/** Those that have an arrow to this service. `passesOn`: the front door, which alone asks for visitors. */
type Caller = { readonly name: string; readonly secret: string; readonly passesOn?: boolean }
type Callers = { readonly service: string; readonly callers: readonly Caller[] }

const IDENTITY = Symbol('identity')
type Identified = FastifyRequest & { [IDENTITY]?: Identity }

/** What the request's token says of who sent it; undefined where none was asked for. */
export function identityOf(request: FastifyRequest): Identity | undefined {
  return (request as Identified)[IDENTITY]
}

const INTERNAL = '/internal/'

/**
 * Internal routes are for calls: to anybody else there is nothing at their addresses. Where a front door stands before the service all
 * other routes are for visits that it passes on, and nothing that a client writes by itself is taken for one.
 */
export function refuseStrangers(app: FastifyInstance, { service, callers }: Callers): void {
  const verify = rememberingVerifier(verifier(service, new Map(callers.map(({ name, secret }) => [name, secret]))))
  const frontDoors = new Set(callers.flatMap(({ name, passesOn }) => (passesOn ? [name] : [])))
  app.addHook('onRequest', async (request) => {
    const { url = INTERNAL } = request.routeOptions
    if (request.is404 || OPERATION.test(url)) return
    if (url.startsWith(INTERNAL)) identify(request, await callOf(request, verify))
    else if (frontDoors.size > 0) identify(request, await visitOf(request, verify, frontDoors))
  })
}

/** A service that ends says so with each answer: its callers turn to its other copies. */
export function sayGoodbye(app: FastifyInstance, readiness: Readiness): void {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (readiness.isDraining()) reply.header('connection', 'close')
    done()
  })
}

function identify(request: FastifyRequest, identity: Identity): void {
  Object.assign(request, { [IDENTITY]: identity })
}

async function callOf(request: FastifyRequest, verify: Verifier): Promise<Identity> {
  return verify(tokenOf(request), 'calls').catch((cause) => {
    throw new ShopError('NOT_FOUND', undefined, { cause })
  })
}

async function visitOf(request: FastifyRequest, verify: Verifier, frontDoors: ReadonlySet<string>): Promise<Identity> {
  const identity = await verify(tokenOf(request), 'visits').catch((cause) => {
    throw new ShopError('UNSIGNED', undefined, { cause })
  })
  if (!frontDoors.has(identity.caller)) throw new ShopError('UNSIGNED')
  return identity
}

function tokenOf({ headers }: FastifyRequest): string {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
}
