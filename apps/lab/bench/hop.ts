/** What it costs to ask a module in another process: our call and our end of it, beside undici and Fastify with the same headers and answer. */
import Fastify, { type FastifyInstance } from 'fastify'
import Type from 'typebox'
import { Pool } from 'undici'
import { settingsOf } from '../../../infra/stage/settings.ts'
import { refuseStrangers } from '../../platform/calls/callers.ts'
import { type Call, remote } from '../../platform/calls/remote.ts'
import { closeServices, connectServices } from '../../platform/calls/services.ts'
import { answerInOneVoice } from '../../platform/http/api.ts'
import { giveDeadlines } from '../../platform/http/deadline.ts'
import { guardRequests } from '../../platform/http/guards.ts'
import { exposeHealth } from '../../platform/http/health.ts'
import { readJsonBodies } from '../../platform/http/json-body.ts'
import { createServer } from '../../platform/http/server.ts'
import { median } from '../compare/spread.ts'
import { warmUp } from './warm-up.ts'

/** CPU microseconds of both ends for one call; `ratio` is the median of the runs' own ratios. */
export type HopResult = { readonly cpuUs: number; readonly bareCpuUs: number; readonly ratio: number }

const CALLS = 3_000
const MOST_WARM_UPS = 20
const AT_ONCE = 8
const PATH = '/internal/products/prd_00042'
const ARROW = { name: 'products', secret: 'of the arrow' }
const LOCALHOST = '127.0.0.1'
const PAGE = {
  id: 'prd_00042',
  name: 'A thing that is made to be asked for',
  description: 'It is as long as what a shop says of a thing. '.repeat(8),
  priceCents: 1_999,
  stock: 100,
}

const SETTINGS = { sessions: 'redis', cache: 'redis', checkout: 'saga' } as const

type End = { ask(): Promise<unknown>; close(): Promise<unknown> }

/** In turn, so that both meet the same noise. */
export async function measureHop(runs: number, { calls = CALLS, mostWarmUps = MOST_WARM_UPS } = {}): Promise<HopResult> {
  const { end: ours, headers } = await ourHop()
  const bare = await bareHop(headers)
  try {
    const rounds = [ours, bare].map((end) => () => cpuOf(end, calls))
    await warmUp(rounds, mostWarmUps)
    const measured: { cpuUs: number; bareCpuUs: number }[] = []
    for (let run = 0; run < runs; run++) measured.push({ cpuUs: await cpuOf(ours, calls), bareCpuUs: await cpuOf(bare, calls) })
    return {
      cpuUs: median(measured.map(({ cpuUs }) => cpuUs)),
      bareCpuUs: median(measured.map(({ bareCpuUs }) => bareCpuUs)),
      ratio: median(measured.map(({ cpuUs, bareCpuUs }) => cpuUs / bareCpuUs)),
    }
  } finally {
    await Promise.all([ours.close(), bare.close()])
  }
}

/** As services are built, with one route; answers the headers that a call of ours has, too. */
async function ourHop(): Promise<{ end: End; headers: Record<string, string> }> {
  const app = createServer('products-1')
  app.log.level = 'silent'
  answerInOneVoice(app, 'products-1')
  refuseStrangers(app, { service: ARROW.name, callers: [{ name: 'orders', secret: ARROW.secret }] })
  guardRequests(app)
  readJsonBodies(app)
  giveDeadlines(app, () => true, { readsToo: true })
  exposeHealth(app, async () => [])
  let headers: Record<string, string> = {}
  app.get(PATH, { schema: { hide: true, response: { 200: Type.Object({}, { additionalProperties: true }) } } }, (request) => {
    headers = ownHeaders(request.headers)
    return PAGE
  })
  const url = await listening(app)
  // Both ends are in this process: one that is out of breath is not taken for hung.
  const guards = settingsOf(SETTINGS, ['edgePatienceMs=9000'])
  const copies = [{ name: 'products-1', url }]
  const services = connectServices('orders', { products: { ...ARROW, copies } }, guards)
  if (!services.products) throw new Error('there is a service to be asked')
  const call: Call = remote(services.products)
  const end = { ask: () => call('GET', PATH), close: () => Promise.all([closeServices(services), app.close()]) }
  await end.ask()
  return { end, headers }
}

async function bareHop(headers: Record<string, string>): Promise<End> {
  const app = Fastify()
  app.get(PATH, () => PAGE)
  const pool = new Pool(await listening(app), { connections: AT_ONCE })
  const ask = async () => (await pool.request({ method: 'GET', path: PATH, headers })).body.json()
  return { ask, close: () => Promise.all([pool.close(), app.close()]) }
}

function listening(app: Pick<FastifyInstance, 'listen'>): Promise<string> {
  return app.listen({ host: LOCALHOST, port: 0 })
}

/** Without what a connection adds by itself. */
function ownHeaders(all: NodeJS.Dict<string | string[]>): Record<string, string> {
  const own = Object.entries(all).filter(([name]) => name !== 'host' && name !== 'connection')
  return Object.fromEntries(own.map(([name, value]) => [name, String(value)]))
}

async function cpuOf({ ask }: End, calls: number): Promise<number> {
  const before = process.cpuUsage()
  await askMany(ask, calls)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

async function askMany(ask: End['ask'], count: number): Promise<void> {
  let left = count
  const lane = async () => {
    while (left-- > 0) await ask()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}
