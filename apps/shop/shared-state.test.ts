/** Several copies of the app with one Redis between them: what they know together, and what is left when that is gone. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { startTestRedis, type TestRedis } from '../../infra/redis/test-server.ts'
import { settingsOf } from '../../infra/stage/settings.ts'
import { appEnvironment } from '../fixtures/app-document.ts'
import { shopDatabase } from '../fixtures/shop-database.ts'
import type { App } from '../platform/http/server.ts'
import { buildShop } from './app.ts'
import { readConfig } from './config.ts'

const STAGE = { sessions: 'redis', cache: 'none', limits: 'redis', checkout: 'transaction' } as const
const LOW = ['failedLogInsPer15Minutes=4', 'ordersPerMinute=5']
const ada = { email: 'ada@example.com', password: 'correct horse' }

let redis: TestRedis
let apps: App[]
beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.spyOn(console, 'log').mockImplementation(() => {})
  redis = await startTestRedis({ role: 'state' })
  const { url, close } = await shopDatabase(inject('databaseUrl'))
  await close()
  apps = await Promise.all(['app-1', 'app-2', 'app-3'].map((name) => startApp(name, url)))
})
afterEach(async () => {
  await Promise.all(apps.map((app) => app.close()))
  await redis.stop()
  vi.restoreAllMocks()
})

async function startApp(name: string, database: string): Promise<App> {
  const settings = settingsOf(STAGE, LOW)
  const { app } = await buildShop(readConfig(appEnvironment({ name, databaseUrl: database, stateUrl: redis.url, settings })))
  await app.ready()
  const forged = { method: 'GET', url: '/sessions/current', headers: { cookie: 'sid=00forged' } } as const
  // Not 503, as until it has reached Redis.
  await vi.waitFor(async () => expect((await app.inject(forged)).statusCode).toBe(401))
  return app
}

type Method = 'GET' | 'POST' | 'DELETE'

function call(turn: number, method: Method, url: string, options: { cookie?: string; payload?: object } = {}) {
  const { cookie, payload } = options
  const headers = { ...(cookie && { cookie }), 'idempotency-key': randomUUID() }
  return appIn(turn).inject({ method, url, headers, ...(payload && { payload }) })
}

function appIn(turn: number): App {
  const app = apps[turn % apps.length]
  if (!app) throw new Error('no app was started')
  return app
}

/** Registers and logs in; answers the cookie. */
async function logIn(): Promise<string> {
  await call(0, 'POST', '/users', { payload: { ...ada, name: 'Ada' } })
  const { headers } = await call(0, 'POST', '/sessions', { payload: ada })
  return String(headers['set-cookie']).split(';')[0] ?? ''
}

const statuses = (answers: { statusCode: number }[]) => answers.map(({ statusCode }) => statusCode)
const everywhere = <Answer>(work: (turn: number) => Promise<Answer>) => Promise.all([0, 1, 2].map(work))

describe('apps that share a Redis', () => {
  test('know each other’s sessions, and refuse at once what any of them has ended (C2, C7)', async () => {
    const cookie = await logIn()
    const current = (turn: number) => call(turn, 'GET', '/sessions/current', { cookie })
    expect(statuses(await everywhere(current))).toEqual([200, 200, 200])
    expect((await call(1, 'DELETE', '/sessions/current', { cookie })).statusCode).toBe(204)
    expect(statuses(await everywhere(current))).toEqual([401, 401, 401])
  })

  test('count orders together, and tell what is left (D2)', async () => {
    const cookie = await logIn()
    const order = (turn: number) => {
      const payload = { items: [{ productId: 'prd_none', quantity: 1 }] }
      return call(turn, 'POST', '/orders', { cookie, payload })
    }
    for (const turn of [0, 1, 2, 3, 4]) {
      const { statusCode, headers } = await order(turn)
      expect([statusCode, headers['ratelimit-policy']]).toEqual([404, '"orders";q=5;w=60'])
      expect(headers.ratelimit).toMatch(new RegExp(`^"orders";r=${4 - turn};t=(60|5\\d)$`))
    }
    const refused = await everywhere(order)
    expect(statuses(refused)).toEqual([429, 429, 429])
    for (const { headers } of refused) expect(headers.ratelimit).toBe(`"orders";r=0;t=${headers['retry-after']}`)
  })

  test('count wrong passwords together', async () => {
    await logIn()
    const guess = (turn: number, password: string) => call(turn, 'POST', '/sessions', { payload: { ...ada, password } })
    const tries = await Promise.all(Array.from({ length: 12 }, (_, turn) => guess(turn, 'wrong')))
    expect(statuses(tries).sort()).toEqual([...Array(4).fill(401), ...Array(8).fill(429)])
    expect(statuses(await everywhere((turn) => guess(turn, ada.password)))).toEqual([429, 429, 429])
  })
})

describe('when Redis is gone', () => {
  test('whoever has a session is told to come back later, and everybody else is served', async () => {
    const cookie = await logIn()
    await redis.stop()
    for (const [method, url] of [
      ['GET', '/sessions/current'],
      ['GET', '/orders'],
      ['DELETE', '/sessions/current'],
    ] as const) {
      const { statusCode, headers } = await call(0, method, url, { cookie })
      expect([statusCode, headers['retry-after']]).toEqual([503, '1'])
    }
    expect((await call(0, 'GET', '/sessions/current')).statusCode).toBe(401)
    expect((await call(0, 'GET', '/products')).statusCode).toBe(200)
  })

  test('nobody logs in, and nobody may guess more than each app allows by itself', async () => {
    await logIn()
    await redis.stop()
    const guess = (password: string) => call(0, 'POST', '/sessions', { payload: { ...ada, password } })
    expect((await guess(ada.password)).statusCode).toBe(503)
    for (let turn = 0; turn < 4; turn++) expect((await guess('wrong')).statusCode).toBe(401)
    expect((await guess('wrong')).statusCode).toBe(429)
    expect((await guess(ada.password)).statusCode).toBe(429)
    const metrics = (await call(0, 'GET', '/metrics')).body
    expect(metrics).toMatch(/^outgrow_limit_checks_total\{[^}]*limit="failed-log-ins",counted="memory"[^}]*\} [1-9]/m)
  })
})
