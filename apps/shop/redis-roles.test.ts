/** One Redis for what may be forgotten and one for what may not: the end of one leaves what the other is for. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { startTestRedis, type TestRedis } from '../../infra/redis/test-server.ts'
import { settingsOf } from '../../infra/stage/settings.ts'
import { appEnvironment } from '../fixtures/app-document.ts'
import { type OwnDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import type { App } from '../platform/http/server.ts'
import { buildShop } from './app.ts'
import { readConfig } from './config.ts'

const SETTINGS = settingsOf({ sessions: 'redis', cache: 'redis', limits: 'redis', checkout: 'transaction' }, [])
const ada = { email: 'ada@example.com', password: 'correct horse' }
const PAGE = '/products/prd_a'

let cache: TestRedis
let state: TestRedis
let database: OwnDatabase
let app: App
beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.spyOn(console, 'log').mockImplementation(() => {})
  ;[cache, state] = await Promise.all([startTestRedis({ role: 'cache' }), startTestRedis({ role: 'state' })])
  database = await shopDatabase(inject('databaseUrl'), [{ id: 'prd_a', stock: 5 }])
  await database.writes.insertInto('categories').values({ id: 'cat_01', name: 'Lamps' }).execute()
  const given = { databaseUrl: database.url, cacheUrl: cache.url, stateUrl: state.url, settings: SETTINGS }
  app = (await buildShop(readConfig(appEnvironment(given)))).app
  await app.ready()
  await vi.waitFor(async () => expect(await pageFrom()).toContain('redis hit'), { timeout: 10_000 })
})
afterEach(async () => {
  await app.close()
  await Promise.all([cache.stop(), state.stop(), database.close()])
  vi.restoreAllMocks()
})

/** Where a product's page comes from. */
async function pageFrom(): Promise<string> {
  const { statusCode, headers } = await app.inject({ method: 'GET', url: PAGE, headers: { 'x-explain': '1' } })
  expect(statusCode).toBe(200)
  return String(headers['server-timing'])
}

async function logIn(): Promise<string> {
  await app.inject({ method: 'POST', url: '/users', payload: { ...ada, name: 'Ada' } })
  const { headers } = await app.inject({ method: 'POST', url: '/sessions', payload: ada })
  return String(headers['set-cookie']).split(';')[0] ?? ''
}

test('without the cache people stay logged in and order, and pages come from the database (L2)', async () => {
  const cookie = await logIn()
  await cache.stop()
  const payload = { items: [{ productId: 'prd_a', quantity: 1 }] }
  const headers = { cookie, 'idempotency-key': randomUUID() }
  expect((await app.inject({ method: 'GET', url: '/sessions/current', headers: { cookie } })).statusCode).toBe(200)
  expect((await app.inject({ method: 'POST', url: '/orders', headers, payload })).statusCode).toBe(201)
  expect(await pageFrom()).not.toContain('redis hit')
})

test('without the sessions pages still come out of the cache, and who has a session is told to come back (L2)', async () => {
  const cookie = await logIn()
  await state.stop()
  expect((await app.inject({ method: 'GET', url: '/sessions/current', headers: { cookie } })).statusCode).toBe(503)
  expect(await pageFrom()).toContain('redis hit')
})
