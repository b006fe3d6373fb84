import { type CheckResult, measureChecks } from '../bench/checks.ts'
import { startContenders } from '../bench/contenders.ts'
import { CASES, measureCase, type Result } from '../bench/cpu-cost.ts'
import { type HopResult, measureHop } from '../bench/hop.ts'
import { type IdleResult, measureIdle } from '../bench/idle.ts'
import { measureViews, type ViewResult } from '../bench/views.ts'
import { type Command, CommandError, parseCommandLine, say } from '../runner/command.ts'
import { interruptible } from '../runner/interruption.ts'
import { runningStage } from '../runner/running-stage.ts'

type Measured = { results: Result[]; checks: CheckResult[]; views: ViewResult[]; hop: HopResult }
const usage = 'npm run bench -- [--runs 5] [--idle N] [--json]'
const options = {
  runs: { type: 'string', default: '5' },
  idle: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

export const benchCommand: Command = {
  summary:
    'Measures the CPU that a request costs, beside a bare handler that sends the same SQL, and how long checks and page views take.',
  usage,
  async run(args) {
    const { values } = parseCommandLine(args, options, usage)
    const runs = Number(values.runs)
    if (!Number.isInteger(runs) || runs < 1 || runs > 50)
      throw new CommandError(`--runs takes a number from 1 to 50, not "${values.runs}"`)
    if (values.idle !== undefined) return benchIdle(values.idle, values.json)
    const measured = await interruptibly((signal) => measureCases(runs, signal))
    console.log(values.json ? JSON.stringify(measured, null, 2) : tables(measured))
    return 0
  },
}

/** Of a stage that runs. */
async function benchIdle(reference: string, json: boolean): Promise<number> {
  const stage = await runningStage(reference)
  say(`stage ${stage.name} at rest, beside a bare server …`)
  const idle = await interruptibly((signal) => measureIdle(stage, signal))
  console.log(json ? JSON.stringify({ idle }, null, 2) : idleTable(idle))
  return 0
}

async function interruptibly<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const interruption = interruptible(() => say('ending the benchmark …'))
  try {
    return await work(interruption.signal)
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
    for (const one of CASES) results.push(...(await measureCase(contenders, one, runs)))
    say('checks, in Redis and in MySQL')
    const checks = await measureChecks(contenders.databaseUrl, signal)
    say('page views, to Redis alone, through it, and behind it')
    const views = await measureViews(contenders.databaseUrl, signal)
    say('a hop from one process to another')
    return { results, checks, views, hop: await measureHop(runs) }
  } finally {
    await contenders.stop()
  }
}

function tables({ results, checks, views, hop }: Measured): string {
  const cpu = results.map(({ name, atOnce, cpuUs, bareCpuUs, ratio, bestCpuUs, bestRatio }) => {
    const whole = [cpuUs, bareCpuUs, bestCpuUs].map((value) => value.toFixed(0))
    return row(name, [String(atOnce), ...whole, ratio.toFixed(2), bestRatio.toFixed(2)])
  })
  const times = checks.map(({ name, redis, mysql }) => {
    return row(
      name,
      [redis, mysql].flatMap(({ p50Ms, p99Ms }) => [p50Ms.toFixed(2), p99Ms.toFixed(2)]),
    )
  })
  const noted = views.map(({ views, p50Ms, p99Ms }) => row(views, [p50Ms.toFixed(2), p99Ms.toFixed(2)]))
  const cpuHead = row('CPU µs a request', ['at once', 'shop', 'bare', 'best', '÷ bare', '÷ best'])
  const timesHead = row('ms a check', ['Redis p50', 'p99', 'MySQL p50', 'p99'])
  const hops = row('a hop', [hop.cpuUs.toFixed(0), hop.bareCpuUs.toFixed(0), hop.ratio.toFixed(2)])
  const hopHead = row('CPU µs, both ends', ['ours', 'bare', '÷ bare'])
  const viewsHead = row('ms a page view', ['p50', 'p99'])
  return [cpuHead, ...cpu, '', timesHead, ...times, '', viewsHead, ...noted, '', hopHead, hops].join('\n')
}

function idleTable({ bare, programs }: IdleResult): string {
  const rows = programs.map(({ name, memoryMiB, cpuMsPerS, askedPerS, ratio }) => {
    return row(name, [memoryMiB?.toFixed(0) ?? '–', cpuMsPerS.toFixed(1), askedPerS.toFixed(1), ratio.toFixed(2)])
  })
  const bares = [
    row('bare server', ['', bare.askedOnce.toFixed(1), '1.0', '']),
    row('bare server', ['', bare.askedFiveTimes.toFixed(1), '5.0', '']),
  ]
  return [row('at rest', ['MiB', 'CPU ms/s', 'asked/s', '÷ bare']), ...rows, ...bares].join('\n')
}

function row(name: string, cells: readonly string[]): string {
  return [name.padEnd(20), ...cells.map((cell) => cell.padStart(9))].join(' ')
}
