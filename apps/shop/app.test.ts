/** Settings that change what the shop's process says of itself, and to whom. */
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { settingsOf } from '../../infra/stage/settings.ts'
import { appEnvironment } from '../fixtures/app-document.ts'
import { shopDatabase } from '../fixtures/shop-database.ts'
import { signer } from '../platform/calls/identity.ts'
import { REQUEST_LASTS_MS } from '../platform/http/deadline.ts'
import type { App } from '../platform/http/server.ts'
import { parseDatabaseUrl } from '../platform/mysql/address.ts'
import type { Environment } from '../platform/process/environment.ts'
import { buildShop } from './app.ts'
import { readConfig } from './config.ts'

const STAGE = { sessions: 'memory', cache: 'none', checkout: 'transaction' } as const
const KEY = 'the balancer’s'
const ADA = { email: 'ada@example.com', password: 'correct horse', name: 'Ada' }
const OPERATOR_PATHS = ['/health/ready', '/metrics', '/topology']

async function startApp(settings: readonly string[], proxyKey?: string): Promise<App> {
  const databaseUrl = await preparedDatabase()
  const given = { databaseUrl, settings: settingsOf(STAGE, settings), ...(proxyKey !== undefined && { proxyKey }) }
  return started(appEnvironment(given))
}

async function preparedDatabase(): Promise<string> {
  const { url, close } = await shopDatabase(inject('databaseUrl'))
  await close()
  return url
}

async function started(environment: Environment): Promise<App> {
  const { app } = await buildShop(readConfig(environment))
  onTestFinished(() => app.close())
  return app
}

describe('the operators’ paths', () => {
  const through = { 'x-proxy-key': KEY, 'x-forwarded-for': '192.0.2.7' }
  const statuses = async (app: App, headers: Record<string, string>, paths = OPERATOR_PATHS) => {
    const answers = await Promise.all(paths.map((url) => app.inject({ url, headers })))
    return answers.map(({ statusCode }) => statusCode)
  }

  test('are open to everybody while the shop explains itself', async () => {
    const app = await startApp(['explain=on'], KEY)
    expect(await statuses(app, through)).toEqual([200, 200, 200])
  })

  test('are closed to who comes through the load balancer with explain=off, and open behind it', async () => {
    const app = await startApp(['explain=off'], KEY)
    expect(await statuses(app, through)).toEqual([404, 404, 404])
    expect(await statuses(app, through, ['/health/live', '/health/accepting', '/openapi.json'])).toEqual([200, 200, 200])
    const encoded = ['/%6detrics', '/metrics?', '/health/ready?x=1']
    expect(await statuses(app, through, encoded)).toEqual([404, 404, 404])
    expect(await statuses(app, {})).toEqual([200, 200, 200])
    // Who does not know the key is not the load balancer, and has come past it.
    expect(await statuses(app, { ...through, 'x-proxy-key': 'guessed' })).toEqual([200, 200, 200])
  })

  test('stay open with explain=off where there is no load balancer', async () => {
    expect(await statuses(await startApp(['explain=off']), {})).toEqual([200, 200, 200])
  })
})

test.each([
  ['on', expect.stringMatching(/db;desc="db"/)],
  ['off', undefined],
])('with explain=%s, who asks is told of the queries behind an answer: %j', async (explain, told) => {
  const app = await startApp([`explain=${explain}`])
  const { headers } = await app.inject({ url: '/products', headers: { 'x-explain': '1' } })
  expect(headers['server-timing']).toEqual(told)
})

test.each([
  ['on', true],
  ['off', undefined],
])('with secureCookies=%s a log-in and a log-out set a cookie for https alone: %j', async (secureCookies, secure) => {
  const app = await startApp([`secureCookies=${secureCookies}`])
  await app.inject({ method: 'POST', url: '/users', payload: ADA })
  const { email, password } = ADA
  const logIn = await app.inject({ method: 'POST', url: '/sessions', payload: { email, password } })
  const logOut = await app.inject({ method: 'DELETE', url: '/sessions/current' })
  expect(logIn.cookies).toMatchObject([{ name: 'sid', httpOnly: true, sameSite: 'Lax', path: '/' }])
  for (const { cookies } of [logIn, logOut]) expect(cookies[0]?.secure).toBe(secure)
})

describe('what comes too late', () => {
  const register = (app: App, headers: Record<string, string>) => {
    return app.inject({ method: 'POST', url: '/users', payload: ADA, headers })
  }
  const old = { 'x-request-start': String(Date.now() - REQUEST_LASTS_MS) }

  test('by the word of the load balancer is not done', async () => {
    const app = await startApp([], KEY)
    const refused = await register(app, { ...old, 'x-proxy-key': KEY })
    expect([refused.statusCode, refused.json(), refused.headers['retry-after']]).toEqual([
      503,
      expect.objectContaining({ code: 'TOO_LATE' }),
      '1',
    ])
    expect((await register(app, { 'x-request-start': String(Date.now()), 'x-proxy-key': KEY })).statusCode).toBe(201)
  })

  test('by the word of another of the shop’s processes is not done either', async () => {
    const arrow = { secret: 'of the arrow', purpose: 'visits' } as const
    const callers = [{ name: 'gateway', secret: arrow.secret, passesOn: true as const }]
    const databaseUrl = await preparedDatabase()
    const app = await started(appEnvironment({ databaseUrl, callers, settings: settingsOf(STAGE) }))
    const signed = { authorization: `Bearer ${await signer({ ...arrow, from: 'gateway', to: 'app' })()}` }
    expect((await register(app, { ...old, ...signed })).json()).toMatchObject({ status: 503, code: 'TOO_LATE' })
    expect((await register(app, { ...signed, 'x-request-start': String(Date.now()) })).statusCode).toBe(201)
  })

  test('is read all the same', async () => {
    const app = await startApp([], KEY)
    expect((await app.inject({ url: '/products', headers: { ...old, 'x-proxy-key': KEY } })).statusCode).toBe(200)
  })

  test.each([
    ['a client', old],
    ['who guesses the key', { ...old, 'x-proxy-key': 'guessed' }],
    ['a balancer whose clock goes ahead', { 'x-request-start': String(Date.now() + 3_600_000), 'x-proxy-key': KEY }],
    ['a balancer that tells no time', { 'x-request-start': 'now', 'x-proxy-key': KEY }],
  ])('is not what %s says', async (_who, headers) => {
    expect((await register(await startApp([], KEY), headers)).statusCode).toBe(201)
  })
})

test('an app that knows no primary takes requests, and says what it cannot do', async () => {
  const databaseUrl = await preparedDatabase()
  // Both say that they take writes, and nobody is there who knows better.
  const servers = ['one', 'other'].map((name) => ({ ...parseDatabaseUrl('test', databaseUrl), name }))
  const stores = { db: { servers, keeperUrl: 'http://127.0.0.1:1' } }
  const app = await started(appEnvironment({ databaseUrl, stores, settings: settingsOf(STAGE) }))
  const ready = await app.inject('/health/ready')
  expect([ready.statusCode, ready.json().degraded]).toEqual([200, ['store db: primary: nobody is known to take the writes']])
  expect((await app.inject('/health/accepting')).statusCode).toBe(200)
  expect((await app.inject('/products')).statusCode).toBe(200)
  expect((await app.inject({ method: 'POST', url: '/users', payload: ADA })).json()).toMatchObject({ code: 'UNAVAILABLE' })
})

test('what is refused before a route is found is kept by nobody on the way either', async () => {
  const app = await startApp([])
  expect((await app.inject('/%zz')).headers).toMatchObject({ 'cache-control': 'no-store', 'x-served-by': 'app-1' })
})
