/** A gateway on its own, before services that only write down what they are asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { expect, inject } from 'vitest'
import { freePort } from '../../infra/process/free-port.ts'
import { settingsOf } from '../../infra/stage/settings.ts'
import type { Module } from '../../infra/stage/topology.ts'
import { redisDatabase } from '../fixtures/redis-database.ts'
import { type Identity, verifier } from '../platform/calls/identity.ts'
import { parseRedisUrl } from '../platform/redis/address.ts'
import { redisSessions } from '../users/redis-sessions.ts'
import { NO_REVOCATIONS } from '../users/revocations.ts'
import { hashToken, newToken } from '../users/sessions.ts'
import { buildGateway } from './gateway.ts'

const MODULES = ['users', 'products', 'orders', 'payments'] as const
const STAGE = { sessions: 'redis', cache: 'redis', checkout: 'saga' } as const
export const PROXY_KEY = 'of the edge'
export const ADA = { id: 'usr_1_46', email: 'ada@example.com', name: 'Ada', role: 'shopper' } as const
const secretOf = (name: string) => `of the arrow to ${name}`

type Seen = { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string }
type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A service with one copy that writes down what it is asked, and says so. */
class Stub {
  readonly name: string
  readonly port: number
  readonly seen: Seen[] = []
  readonly #server = createServer((request, response) => void this.#take(request, response))
  answer: Answer = (_request, response) => {
    response.setHeader('x-served-by', `${this.name}-1`)
    response.end('"done"')
  }

  constructor(name: string, port: number) {
    this.name = name
    this.port = port
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve))
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/health/accepting') return void response.end('{}')
    // Which sessions were ended: none.
    if (request.url?.startsWith('/internal/revoked')) return void response.end('[]')
    const body = (await request.toArray().catch(() => [])).join('')
    this.seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    this.answer(request, response)
  }
}

export type TestGateway = {
  readonly url: string
  readonly stubs: Readonly<Record<Module, Stub>>
  /** What services were asked, in any order of them. */
  asked(): string[]
  lastOf(name: Module): Seen
  stop(): Promise<void>
}

export async function startGateway(redisUrl: string, settings: readonly string[] = []): Promise<TestGateway> {
  const all = await Promise.all(MODULES.map(async (name) => [name, new Stub(name, await freePort())] as const))
  const stubs = Object.fromEntries(all) as Record<Module, Stub>
  await Promise.all(Object.values(stubs).map((stub) => stub.listen()))
  const services = Object.values(stubs).map(({ name, port }) => {
    return [name, { name, secret: secretOf(name), copies: [{ name: `${name}-1`, url: `http://127.0.0.1:${port}` }] }]
  })
  const port = await freePort()
  const { app } = await buildGateway({
    ...{ name: 'gateway-1', service: 'gateway', host: '127.0.0.1', port, proxyKey: PROXY_KEY },
    settings: settingsOf(STAGE, ['edgePatienceMs=400', ...settings]),
    services: Object.fromEntries(services),
    state: parseRedisUrl('state', redisUrl),
  })
  await app.listen({ host: '127.0.0.1', port })
  return {
    url: `http://127.0.0.1:${port}`,
    stubs,
    asked: () => MODULES.flatMap((name) => stubs[name].seen.map(({ method, url }) => `${name}: ${method} ${url}`)),
    lastOf: (name) => stubs[name].seen.at(-1) ?? expect.fail(`${name} was not asked`),
    async stop() {
      await app.close()
      for (const stub of Object.values(stubs)) stub.close()
    },
  }
}

/** And Ada is logged in. */
export async function gatewayWithSession(settings: readonly string[] = []): Promise<TestGateway & { readonly token: string }> {
  const redis = await redisDatabase(inject('redisUrl'))
  const token = newToken(ADA.id)
  await redisSessions(redis.shop, NO_REVOCATIONS).create(hashToken(token), ADA)
  const gateway = await startGateway(redis.url, settings)
  const stop = async () => {
    await gateway.stop()
    redis.close()
  }
  return { ...gateway, token, stop }
}

export function identityIn(name: Module, { headers }: Pick<Seen, 'headers'>): Promise<Identity> {
  const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
  return verifier(name, new Map([['gateway', secretOf(name)]]))(token, 'visits')
}
