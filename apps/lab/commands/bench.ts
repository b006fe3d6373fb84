import { type CheckResult, measureChecks } from '../bench/checks.ts'
import { type Contender, type Contenders, startContenders } from '../bench/contenders.ts'
import { type Call, sendCalls } from '../bench/request-loop.ts'
import { measureViews, type ViewResult } from '../bench/views.ts'
import { median } from '../compare/spread.ts'
import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'
import { interruptible } from '../runner/interruption.ts'

/** CPU microseconds of the process for one request; `ratio` is the median of the runs' own ratios. */
type Result = { name: string; cpuUs: number; bareCpuUs: number; ratio: number; runs: { cpuUs: number; bareCpuUs: number }[] }
type Measured = { results: Result[]; checks: CheckResult[]; views: ViewResult[] }
type Case = {
  readonly name: string
  readonly count: number
  readonly of?: 'shop' | 'cachingShop'
  call(cookie: string, index: number): Call
  /** Where the bare handler has another path. */
  bareCall?(index: number): Call
}

const usage = 'npm run bench [-- --runs 5] [--json]'
const options = { runs: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } } as const

export const benchCommand: Command = {
  summary:
    'Measures the CPU that a request costs, beside a bare handler that sends the same SQL, and how long checks and page views take.',
  usage,
  async run(args) {
    const { values } = parseCommandLine(args, options, usage)
    const runs = Number(values.runs)
    if (!Number.isInteger(runs) || runs < 1 || runs > 50)
      throw new CommandError(`--runs takes a number from 1 to 50, not "${values.runs}"`)
    const measured = await measureAll(runs)
    console.log(values.json ? JSON.stringify(measured, null, 2) : tables(measured))
    return 0
  },
}

const CASES: readonly Case[] = [
  {
    name: 'GET /products/:id',
    count: 3_000,
    call: (_, index) => get(`/products/prd_${String(1 + (index % 10_000)).padStart(5, '0')}`),
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
/** Requests before the first counted run: a fresh process interprets what it later runs compiled. */
const WARM_UP = 6_000

async function measureAll(runs: number): Promise<Measured> {
  const interruption = interruptible(() => say('ending the benchmark …'))
  try {
    return await measureCases(runs, interruption.signal)
  } catch (error) {
    // What it was doing fails when its processes are ended: that is no news.
    throw interruption.signal.aborted ? new CommandError('interrupted; nothing is left running') : error
  } finally {
    interruption.done()
  }
}

async function measureCases(runs: number, signal: AbortSignal): Promise<Measured> {
  say('starting a database, the shop, and bare handlers …')
  const contenders = await startContenders(signal)
  try {
    const results: Result[] = []
    for (const one of CASES) results.push(await measure(contenders, one, runs))
    say('checks, in Redis and in MySQL')
    const checks = await measureChecks(contenders.databaseUrl, signal)
    say('page views, to Redis alone, through it, and behind it')
    return { results, checks, views: await measureViews(contenders.databaseUrl, signal) }
  } finally {
    await contenders.stop()
  }
}

/** In turn, shop and bare, so that both meet the same noise. */
async function measure(contenders: Contenders, one: Case, runs: number): Promise<Result> {
  const { name, count, of = 'shop' } = one
  const call = (index: number) => one.call(contenders.cookie, index)
  const shop = { contender: contenders[of], call }
  const bare = { contender: contenders.bare, call: one.bareCall ?? call }
  say(`${name}: warming up, then ${runs} runs of ${count} requests to each`)
  for (const { contender, call } of [shop, bare]) await sendCalls(contender.port, WARM_UP, call)
  const measured: Result['runs'] = []
  for (let run = 0; run < runs; run++) {
    measured.push({ cpuUs: await cpuOf(shop, count), bareCpuUs: await cpuOf(bare, count) })
  }
  const ratio = median(measured.map((run) => run.cpuUs / run.bareCpuUs))
  return {
    name,
    cpuUs: median(measured.map((run) => run.cpuUs)),
    bareCpuUs: median(measured.map((run) => run.bareCpuUs)),
    ratio,
    runs: measured,
  }
}

type Caller = { readonly contender: Contender; call(index: number): Call }

async function cpuOf({ contender, call }: Caller, count: number): Promise<number> {
  const before = await contender.cpuMicroseconds()
  await sendCalls(contender.port, count, call)
  return ((await contender.cpuMicroseconds()) - before) / count
}

function get(path: string, headers: Record<string, string> = {}): Call {
  return { method: 'GET', path, headers }
}

/** Of so many pages that the warm-up has put all of them into the cache. */
function cachedId(index: number): string {
  return `prd_${String(1 + (index % 1_000)).padStart(5, '0')}`
}

/** Orders go over many products, so that the benchmark measures work and not waiting for one row. */
function order(cookie: string, index: number): Call {
  const productId = `prd_${String(1 + (index % 5_000)).padStart(5, '0')}`
  const body = JSON.stringify({ items: [{ productId, quantity: 1 }] })
  const headers = {
    cookie,
    'content-type': 'application/json',
    'content-length': `${body.length}`,
    'idempotency-key': crypto.randomUUID(),
  }
  return { method: 'POST', path: '/orders', headers, body }
}

function tables({ results, checks, views }: Measured): string {
  const cpu = results.map(({ name, cpuUs, bareCpuUs, ratio }) => {
    return row(name, [cpuUs.toFixed(0), bareCpuUs.toFixed(0), ratio.toFixed(2)])
  })
  const times = checks.map(({ name, redis, mysql }) => {
    return row(
      name,
      [redis, mysql].flatMap(({ p50Ms, p99Ms }) => [p50Ms.toFixed(2), p99Ms.toFixed(2)]),
    )
  })
  const noted = views.map(({ views, p50Ms, p99Ms }) => row(views, [p50Ms.toFixed(2), p99Ms.toFixed(2)]))
  const cpuHead = row('CPU µs a request', ['shop', 'bare', 'ratio'])
  const timesHead = row('ms a check', ['Redis p50', 'p99', 'MySQL p50', 'p99'])
  return [cpuHead, ...cpu, '', timesHead, ...times, '', row('ms a page view', ['p50', 'p99']), ...noted].join('\n')
}

function row(name: string, cells: readonly string[]): string {
  return [name.padEnd(20), ...cells.map((cell) => cell.padStart(9))].join(' ')
}
