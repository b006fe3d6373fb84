/** The processes that the benchmark compares, on one throw-away database and Redis, with the bank that the shop needs. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { startTestServer } from '../../../infra/mysql/test-server.ts'
import { freePort } from '../../../infra/process/free-port.ts'
import { httpCall } from '../../../infra/process/http-call.ts'
import { endOwned, ownedFolder, spawnOwned } from '../../../infra/process/owned-process.ts'
import { until } from '../../../infra/process/until.ts'
import { startTestRedis } from '../../../infra/redis/test-server.ts'
import { type Settings, settingsOf } from '../../../infra/stage/settings.ts'
import { appEnvironment } from '../../fixtures/app-document.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { connectDatabase } from '../../platform/mysql/database.ts'
import { prepareDatabase } from '../../shop/prepare.ts'
import { DEMO_PASSWORD } from '../../users/seed.ts'

export type Contender = { readonly port: number; cpuMicroseconds(): Promise<number> }
export type Contenders = {
  readonly shop: Contender
  /** With its product pages in Redis. */
  readonly cachingShop: Contender
  readonly bare: Contender
  readonly cookie: string
  /** Of the database that both use. */
  readonly databaseUrl: string
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 15_000
const ASK_TIMEOUT_MS = 10_000
const POLL_MS = 50

/** Aborting ends all of them, also while they start. */
export async function startContenders(signal: AbortSignal): Promise<Contenders> {
  const folder = await ownedFolder('outgrow-bench-')
  const server = await startTestServer()
  const redis = await startTestRedis({ role: 'cache' })
  const children: ChildProcess[] = []
  const endAll = async () => {
    await Promise.all(children.map(endOwned))
    await Promise.all([server.stop(), redis.stop()])
    await folder.remove()
  }
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= endAll()
    return stopped
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    await prepare(server.url)
    const [bank, shop, cachingShop, bare] = [await freePort(), await freePort(), await freePort(), await freePort()]
    const common = { databaseUrl: server.url, cacheUrl: redis.url, bankUrl: `http://127.0.0.1:${bank}` }
    const shopOf = (cache: Settings['cache'], port: number) => {
      return run('../../shop/main.ts', appEnvironment({ ...common, port, settings: settingsWith(cache) }))
    }
    signal.throwIfAborted()
    children.push(run('../../bank/main.ts', { OUTGROW_PORT: `${bank}`, OUTGROW_LEDGER: join(folder.path, 'ledger.jsonl') }))
    children.push(shopOf('none', shop), shopOf('redis', cachingShop))
    children.push(run('./bare.ts', { OUTGROW_WRITES: server.url, OUTGROW_CACHE: redis.url, OUTGROW_PORT: `${bare}` }))
    const urls = [...[shop, cachingShop].map((port) => `http://127.0.0.1:${port}/health/ready`), `http://127.0.0.1:${bare}/cpu`]
    await Promise.all(urls.map((url) => untilUp(url, signal)))
    const cookie = await logIn(shop)
    return {
      shop: { port: shop, cpuMicroseconds: () => shopCpu(shop) },
      cachingShop: { port: cachingShop, cpuMicroseconds: () => shopCpu(cachingShop) },
      bare: { port: bare, cpuMicroseconds: () => bareCpu(bare) },
      cookie,
      databaseUrl: server.url,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Sessions in the database, so that a session check is a query; limits out of the way. */
function settingsWith(cache: Settings['cache']): Settings {
  const pairs = ['ordersPerMinute=1000000', 'logInsPerMinute=1000000', 'cacheTtlMs=1000000']
  return settingsOf({ sessions: 'mysql', cache, checkout: 'transaction' }, pairs)
}

async function prepare(url: string): Promise<void> {
  const database = connectDatabase(parseDatabaseUrl('the test database', url))
  await prepareDatabase(database)
  await database.destroy()
}

function run(entry: string, environment: Record<string, string>): ChildProcess {
  const { PATH, TMPDIR } = process.env
  const args = [join(import.meta.dirname, entry)]
  return spawnOwned({ path: process.execPath, args, env: { PATH, TMPDIR, ...environment }, stderr: 'inherit' })
}

async function untilUp(url: string, signal: AbortSignal): Promise<void> {
  const isUp = async () => {
    const answer = await httpCall(url, { timeoutMs: ASK_TIMEOUT_MS }).catch(() => undefined)
    return answer?.status === 200
  }
  await until(isUp, { withinMs: READY_TIMEOUT_MS, everyMs: POLL_MS, complaint: `${url} did not answer`, signal })
}

async function logIn(port: number): Promise<string> {
  const body = { email: 'shopper-0001@example.com', password: DEMO_PASSWORD }
  const { headers } = await httpCall(`http://127.0.0.1:${port}/sessions`, { method: 'POST', body, timeoutMs: ASK_TIMEOUT_MS })
  const [cookie = ''] = (headers['set-cookie']?.[0] ?? '').split(';')
  return cookie
}

async function shopCpu(port: number): Promise<number> {
  const metrics = await httpCall(`http://127.0.0.1:${port}/metrics`, { timeoutMs: ASK_TIMEOUT_MS })
  const seconds = /^process_cpu_seconds_total(?:\{[^}]*\})? (\S+)/m.exec(metrics.text)?.[1]
  return Number(seconds) * 1_000_000
}

async function bareCpu(port: number): Promise<number> {
  const { text } = await httpCall(`http://127.0.0.1:${port}/cpu`, { timeoutMs: ASK_TIMEOUT_MS })
  const { user, system }: NodeJS.CpuUsage = JSON.parse(text)
  return user + system
}
