/** What requests cost in CPU: the shop beside bare handlers, which send the same SQL or give the same answer the cheapest way. */
import { productId } from '../../../loadtests/popularity.ts'
import { median } from '../compare/spread.ts'
import { say } from '../runner/command.ts'
import type { Contender, Contenders } from './contenders.ts'
import { type Call, sendCalls } from './request-loop.ts'
import { warmUp } from './warm-up.ts'

/** CPU microseconds of the process for one request; `ratio` and `bestRatio` are the medians of the runs' own ratios. */
export type Result = {
  name: string
  /** Requests under way at a time. */
  atOnce: number
  cpuUs: number
  /** Of a bare handler that sends the same SQL. */
  bareCpuUs: number
  ratio: number
  /** Of the best handler for the same answer; the bare one itself, where the answer needs its statements. */
  bestCpuUs: number
  bestRatio: number
  runs: Run[]
}
type Run = { cpuUs: number; bareCpuUs: number; bestCpuUs: number }

type Case = {
  readonly name: string
  readonly count: number
  readonly of?: 'shop' | 'cachingShop'
  call(cookie: string, index: number): Call
  /** Where the bare handler has another path. */
  bareCall?(index: number): Call
  /** Where fewer statements give the same answer. */
  bestCall?(index: number): Call
}

export const CASES: readonly Case[] = [
  {
    name: 'GET /products/:id',
    count: 3_000,
    call: (_, index) => get(`/products/${pageId(index)}`),
    bestCall: (index) => get(`/best-products/${pageId(index)}`),
  },
  {
    name: 'cached page',
    count: 3_000,
    of: 'cachingShop',
    call: (_, index) => get(`/products/${cachedId(index)}`),
    bareCall: (index) => get(`/cached-products/${cachedId(index)}`),
  },
  { name: 'session check', count: 3_000, call: (cookie) => get('/sessions/current', { cookie }) },
  { name: 'POST /orders', count: 1_500, call: (cookie, index) => order(cookie, index) },
]
/** Before the first run that counts, where its figures never settle. */
const MOST_WARM_UPS = 20
/** As in the middle of a day, and so many that the process never waits for one. */
const AT_ONCE = [8, 64] as const

export async function measureCase(contenders: Contenders, one: Case, runs: number): Promise<Result[]> {
  const { name, count, of = 'shop' } = one
  const call = (index: number) => one.call(contenders.cookie, index)
  const bareCall = one.bareCall ?? call
  const shop = { contender: contenders[of], call }
  const bare = { contender: contenders.bare, call: bareCall }
  const best = one.bestCall && { contender: contenders.bare, call: one.bestCall }
  const results: Result[] = []
  for (const atOnce of AT_ONCE) {
    say(`${name}, ${atOnce} at once: warming up, then ${runs} runs of ${count} requests to each`)
    const callers = [shop, bare, ...(best ? [best] : [])]
    const rounds = callers.map((caller) => () => cpuOf(caller, count, atOnce))
    say(`warm after ${await warmUp(rounds, MOST_WARM_UPS)} rounds of as many`)
    results.push(await measure(name, { shop, bare, best }, { count, atOnce, runs }))
  }
  return results
}

type Caller = { readonly contender: Contender; call(index: number): Call }
type Callers = { readonly shop: Caller; readonly bare: Caller; readonly best: Caller | undefined }
type Amount = { readonly count: number; readonly atOnce: number; readonly runs: number }

/** In turn, shop, bare and best, so that all meet the same noise. */
async function measure(name: string, { shop, bare, best }: Callers, { count, atOnce, runs }: Amount): Promise<Result> {
  const measured: Run[] = []
  for (let run = 0; run < runs; run++) {
    const [cpuUs, bareCpuUs] = [await cpuOf(shop, count, atOnce), await cpuOf(bare, count, atOnce)]
    measured.push({ cpuUs, bareCpuUs, bestCpuUs: best ? await cpuOf(best, count, atOnce) : bareCpuUs })
  }
  const middle = (of: (run: Run) => number) => median(measured.map(of))
  return {
    name,
    atOnce,
    cpuUs: middle((run) => run.cpuUs),
    bareCpuUs: middle((run) => run.bareCpuUs),
    ratio: middle((run) => run.cpuUs / run.bareCpuUs),
    bestCpuUs: middle((run) => run.bestCpuUs),
    bestRatio: middle((run) => run.cpuUs / run.bestCpuUs),
    runs: measured,
  }
}

async function cpuOf({ contender, call }: Caller, count: number, atOnce: number): Promise<number> {
  const before = await contender.cpuMicroseconds()
  await sendCalls(contender.port, { count, atOnce, call })
  return ((await contender.cpuMicroseconds()) - before) / count
}

function get(path: string, headers: Record<string, string> = {}): Call {
  return { method: 'GET', path, headers }
}

function pageId(index: number): string {
  return productId(1 + (index % 10_000))
}

/** Of so many pages that the warm-up has put all of them into the cache. */
function cachedId(index: number): string {
  return productId(1 + (index % 1_000))
}

/** Orders go over many products, so that the benchmark measures work and not waiting for one row. */
function order(cookie: string, index: number): Call {
  const items = [{ productId: productId(1 + (index % 5_000)), quantity: 1 }]
  const body = JSON.stringify({ items })
  const headers = {
    cookie,
    'content-type': 'application/json',
    'content-length': `${body.length}`,
    'idempotency-key': crypto.randomUUID(),
  }
  return { method: 'POST', path: '/orders', headers, body }
}
