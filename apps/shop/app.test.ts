/** Settings that change what the shop's process says of itself, and to whom. */
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { createDatabase } from '../../infra/mysql/test-server.ts'
import { settingsOf } from '../../infra/stage/settings.ts'
import { appEnvironment } from '../fixtures/app-document.ts'
import type { App } from '../platform/http/server.ts'
import { parseDatabaseUrl } from '../platform/mysql/address.ts'
import { connectDatabase } from '../platform/mysql/database.ts'
import { buildShop } from './app.ts'
import { readConfig } from './config.ts'
import { createTables } from './prepare.ts'

const STAGE = { sessions: 'memory', cache: 'none', checkout: 'transaction' } as const
const KEY = 'the balancer’s'
const ADA = { email: 'ada@example.com', password: 'correct horse', name: 'Ada' }
const OPERATOR_PATHS = ['/health/ready', '/metrics', '/topology']

async function startApp(settings: readonly string[], proxyKey?: string): Promise<App> {
  const databaseUrl = await createDatabase(inject('databaseUrl'))
  const database = connectDatabase(parseDatabaseUrl('test', databaseUrl))
  await createTables(database)
  await database.destroy()
  const given = { databaseUrl, settings: settingsOf(STAGE, settings), ...(proxyKey !== undefined && { proxyKey }) }
  const { app } = await buildShop(readConfig(appEnvironment(given)))
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

test('what is refused before a route is found is kept by nobody on the way either', async () => {
  const app = await startApp([])
  expect((await app.inject('/%zz')).headers).toMatchObject({ 'cache-control': 'no-store', 'x-served-by': 'app-1' })
})
