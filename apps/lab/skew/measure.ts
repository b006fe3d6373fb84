/** One way to buy on a stage whose customers are on several servers: what the busiest of them has of it, and what orders wait for. */
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { drawsOf } from '../../../loadtests/popularity.ts'
import { type MetricsReading, metricsBetween, readMetrics } from '../compare/measure/app-metrics.ts'
import { cpusBetween, recordCpu } from '../compare/measure/cpu-recording.ts'
import { lockWaitMs } from '../compare/measure/shop-state.ts'
import { median, sum } from '../compare/spread.ts'
import { CommandError, say } from '../runner/command.ts'
import { type Bought, type Buying, buy } from './buyers.ts'
import type { Busiest, SkewRow } from './results.ts'

export type Means = {
  readonly stage: StageState
  readonly seconds: number
  readonly signal: AbortSignal
}

/** The same draws for all, so that they differ in who buys what alone. */
const SEED = 5

export async function measureRow({ stage, seconds, signal }: Means, name: string, next: Buying['next']): Promise<SkewRow> {
  const shards = stage.stores.flatMap(({ buckets, servers }) => (buckets ? servers : []))
  const catalogue = { ...stage, databases: stage.databases.filter((one) => !shards.includes(one.name)) }
  const [before, waitedBefore] = [await metricsOf(stage), await lockWaitMs(catalogue)]
  const recorded = recordCpu(stage.programs.filter((program) => shards.includes(program.name)))
  const startedAt = performance.now()
  const bought = await buy({ url: stage.url, seconds, draw: drawsOf(SEED, 0), signal, next })
  const cpus = cpusBetween(recorded(), startedAt, performance.now())
  const { buckets } = metricsBetween(before, await metricsOf(stage))
  const orders = bought.tookMs.length
  const [failure] = bought.failures
  if (failure !== undefined) say(`${bought.failures.length} orders were not placed, the first of them: ${failure}`)
  const requests = new Map(
    shards.map((server) => [server, sum(buckets.filter((one) => one.server === server).map(({ count }) => count))]),
  )
  return {
    name,
    ...figuresOf(bought),
    busiest: busiestOf(requests, cpus, orders / bought.seconds),
    rowWaitMsPerOrder: ((await lockWaitMs(catalogue)) - waitedBefore) / orders,
  }
}

async function metricsOf({ programs, name }: StageState): Promise<MetricsReading> {
  const reading = await readMetrics(programs.flatMap(({ kind, port }) => (kind === 'app' ? [port] : [])))
  if (!reading) throw new CommandError(`an app of stage ${name} does not tell its metrics`)
  return reading
}

function figuresOf({ tookMs, failures, seconds }: Bought): Pick<SkewRow, 'orders' | 'failed' | 'ordersPerS' | 'p50Ms' | 'p95Ms'> {
  const sorted = tookMs.toSorted((one, other) => one - other)
  const p95Ms = sorted[Math.floor(0.95 * sorted.length)] ?? 0
  return { orders: tookMs.length, failed: failures.length, ordersPerS: tookMs.length / seconds, p50Ms: median(tookMs), p95Ms }
}

function busiestOf(requests: ReadonlyMap<string, number>, cpus: Readonly<Record<string, number>>, ordersPerS: number): Busiest {
  const [[server, count] = ['', 0]] = [...requests].toSorted(([, one], [, other]) => other - one)
  const own = cpus[server] ?? 0
  return {
    server,
    requestShare: count / Math.max(1, sum([...requests.values()])),
    cpuShare: own / Math.max(1e-6, sum(Object.values(cpus))),
    cpuMsPerOrder: (1_000 * own) / ordersPerS,
  }
}
