/** What an app has in its hands when it is stopped, and goes on with when it wakes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createDatabase } from '../../infra/mysql/test-server.ts'
import { freePort } from '../../infra/process/free-port.ts'
import { endOwned, spawnOwned } from '../../infra/process/owned-process.ts'
import { settingsOf } from '../../infra/stage/settings.ts'
import { appEnvironment } from '../fixtures/app-document.ts'
import { fillShop } from '../fixtures/shop-database.ts'
import { REQUEST_LASTS_MS } from '../platform/http/deadline.ts'
import { parseDatabaseUrl } from '../platform/mysql/address.ts'
import { connectDatabase } from '../platform/mysql/database.ts'
import { DEMO_PASSWORD, demoUserRows, seedUsers } from '../users/seed.ts'
import type { Tables } from './tables.ts'

const KEY = 'of the balancer'
const SOON = { timeout: 30_000 }
const PRODUCT = 'prd_a'
/** What a request has left of its time when it comes; the app is stopped for longer. */
const LEFT_MS = 500
/** More than enough for a change that is under way to show. */
const READS = 50

type RunningApp = { readonly url: string; readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void }

/** A shop of one product, whose price is 100. */
async function shopDatabaseUrl(): Promise<string> {
  const databaseUrl = await createDatabase(inject('databaseUrl'))
  const database = connectDatabase<Tables>(parseDatabaseUrl('test', databaseUrl))
  await fillShop(database, [{ id: PRODUCT, stock: 1 }])
  await database.insertInto('categories').values({ id: 'cat_01', name: 'c' }).execute()
  await seedUsers(database, await demoUserRows())
  await database.destroy()
  return databaseUrl
}

async function startApp(databaseUrl: string): Promise<RunningApp> {
  const port = await freePort()
  const settings = settingsOf({ sessions: 'mysql', cache: 'none', checkout: 'transaction' })
  const environment = appEnvironment({ databaseUrl, settings, port, proxyKey: KEY })
  const { PATH } = process.env
  const args = [`${import.meta.dirname}/main.ts`]
  const child = spawnOwned({ path: process.execPath, args, env: { PATH, ...environment }, stderr: 'inherit' })
  onTestFinished(() => endOwned(child))
  const url = `http://127.0.0.1:${port}`
  const isUp = async () => (await fetch(`${url}/health/live`).catch(() => undefined))?.ok
  await expect.poll(isUp, SOON).toBe(true)
  return { url, signal: (signal) => void process.kill(-(child.pid as number), signal) }
}

async function logInAdmin({ url }: RunningApp): Promise<string> {
  const body = JSON.stringify({ email: 'admin@example.com', password: DEMO_PASSWORD })
  const answer = await fetch(`${url}/sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

type Change = { readonly priceCents: number; readonly agoMs: number; readonly signal?: AbortSignal | null }

/** As the balancer passes it on that had it so long ago. */
function reprice({ url }: RunningApp, cookie: string, { priceCents, agoMs, signal = null }: Change) {
  const proxy = { 'x-proxy-key': KEY, 'x-request-start': String(Date.now() - agoMs) }
  const headers = { 'content-type': 'application/json', cookie, ...proxy }
  return fetch(`${url}/products/${PRODUCT}`, { method: 'PATCH', headers, body: JSON.stringify({ priceCents }), signal })
}

test('what a stopped app does late undoes nothing that was acknowledged meanwhile', async () => {
  const databaseUrl = await shopDatabaseUrl()
  const [stopped, other] = [await startApp(databaseUrl), await startApp(databaseUrl)]
  const cookie = await logInAdmin(other)
  stopped.signal('SIGSTOP')
  const late = reprice(stopped, cookie, { priceCents: 1_111, agoMs: REQUEST_LASTS_MS - LEFT_MS })
  expect((await reprice(other, cookie, { priceCents: 2_222, agoMs: 0 })).status).toBe(200)
  await sleep(2 * LEFT_MS)
  stopped.signal('SIGCONT')
  const answer = await late
  expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ code: 'TOO_LATE' })])
  expect(await (await fetch(`${stopped.url}/products/${PRODUCT}`)).json()).toMatchObject({ priceCents: 2_222 })
})

test('what the balancer has broken off meanwhile is not begun when the app wakes, however soon', async () => {
  const databaseUrl = await shopDatabaseUrl()
  const [stopped, other] = [await startApp(databaseUrl), await startApp(databaseUrl)]
  const cookie = await logInAdmin(other)
  stopped.signal('SIGSTOP')
  const breaking = new AbortController()
  const late = reprice(stopped, cookie, { priceCents: 1_111, agoMs: LEFT_MS, signal: breaking.signal })
  await sleep(LEFT_MS)
  breaking.abort()
  await expect(late).rejects.toThrow()
  expect((await reprice(other, cookie, { priceCents: 2_222, agoMs: 0 })).status).toBe(200)
  stopped.signal('SIGCONT')
  // Those that come after it are answered after it.
  for (let read = 0; read < READS; read += 1)
    expect(await (await fetch(`${stopped.url}/products/${PRODUCT}`)).json()).toMatchObject({ priceCents: 2_222 })
})
