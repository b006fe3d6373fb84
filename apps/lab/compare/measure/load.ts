/** One k6 run against one stage at one rate, with the CPU that every host used while the load was steady. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { freeMegabytes } from '../../../../infra/local/state/disk.ts'
import type { ServerProgram } from '../../../../infra/servers/server-program.ts'
import { complaintOf, type K6Ending, runK6 } from '../../load/k6-process.ts'
import { type LoadFigures, readSummary } from '../../load/k6-summary.ts'
import { CommandError } from '../../runner/command.ts'
import { MOST_ERRORS } from '../protocol.ts'
import type { ComparedWorkload } from '../request.ts'
import { reasonOf } from '../result-files.ts'
import type { LoadResult } from '../results.ts'
import { type ComparedStage, checkAlive } from '../stages/compared-stage.ts'
import { type MetricsDelta, metricsBetween, readMetrics } from './app-metrics.ts'
import { cpusBetween, recordCpu } from './cpu-recording.ts'
import { type MachineUse, watchMachine } from './machine-times.ts'

export type Generator = {
  readonly k6: ServerProgram
  /** Raw output goes to a folder of its own in here for each run. */
  readonly folder: string
  /** Of a hundred requests 95 may take this long, where a rate is to be kept. */
  readonly p95Ms: number
  readonly signal: AbortSignal
}

export type Load = {
  readonly workload: ComparedWorkload
  readonly round: number
  readonly purpose: LoadResult['purpose']
  readonly rate: number
  readonly durationS: number
  /** More for the script, as with `k6 run -e`. */
  readonly env?: Readonly<Record<string, string>>
}

export type Measured = {
  readonly result: LoadResult
  /** CPUs by program in the steady part. */
  readonly cpus: Readonly<Record<string, number>>
  readonly machine: MachineUse
  readonly requests: { readonly sent: number; readonly failed: number }
  readonly metrics: MetricsDelta | undefined
  /** What k6 said of orders and payments, for the invariants. */
  readonly history: string
}

/** What ended early says nothing about a stage. */
class Interrupted extends Error {}

/** Cut off at both ends of the load, where it swells and ebbs. */
const START_MARGIN_MS = 600
const END_MARGIN_MS = 300
const AROUND_THE_LOAD_MS = 90_000
const CROSSED = 99
const LEAST_FREE_MB = 5
/** k6 gives a request up after this long; stands for the latency where no journey finished. */
const REQUEST_TIMEOUT_MS = 5_000

export async function measure(generator: Generator, stage: ComparedStage, load: Load): Promise<Measured> {
  generator.signal.throwIfAborted()
  const folder = rawFolder(generator, stage, load)
  const ports = stage.plan.programs.filter(({ kind }) => kind === 'app').map(({ port }) => port)
  const run = k6Run(generator, stage, load, folder)
  const before = await readMetrics(ports)
  const recorded = recordCpu(stage.state.programs)
  const watched = watchMachine()
  const ending = await runK6(run)
  const endedAt = performance.now()
  const recording = recorded()
  const machine = watched()
  if (generator.signal.aborted) throw new Interrupted('interrupted')
  checkAlive(stage)
  const after = await readMetrics(ports)
  const figures = await figuresOf(folder, ending)
  const cpus = cpusBetween(recording, endedAt - 1_000 * load.durationS + START_MARGIN_MS, endedAt - END_MARGIN_MS)
  const metrics = before && after && metricsBetween(before, after)
  const measured = {
    result: resultOf(generator, stage, { load, figures, cpus, ending }),
    cpus,
    machine,
    requests: figures.requests,
    metrics,
  }
  writeFileSync(path.join(folder, 'measured.json'), `${JSON.stringify({ ...measured, env: run.env }, null, 2)}\n`)
  return { ...measured, history: textOf(path.join(folder, 'console.log')) }
}

let runs = 0

function rawFolder({ folder }: Generator, { index, plan }: ComparedStage, { round, workload, purpose, rate }: Load): string {
  runs += 1
  const place = `${index + 1}-stage-${plan.stage}`
  const name = `${String(runs).padStart(3, '0')}-round-${round}-${place}-${workload}-${purpose}-${rate}`
  const own = path.join(folder, name)
  try {
    mkdirSync(own, { recursive: true })
  } catch (error) {
    throw new CommandError(`cannot make ${own}: ${reasonOf(error)}`)
  }
  return own
}

function k6Run({ k6, signal, p95Ms }: Generator, stage: ComparedStage, load: Load, folder: string) {
  const { plan, state, gone, index, customers } = stage
  const env = {
    BASE_URL: plan.url,
    RATE: String(load.rate),
    DURATION: `${load.durationS}s`,
    P95_MS: String(p95Ms),
    SEED: String(seedFor(stage)),
    ORDERS_PER_MINUTE: String(state.settings.ordersPerMinute),
    RUN: `${Date.now().toString(36)}${index}`,
    ...(customers !== undefined && { SHOPPERS: customers }),
    ...load.env,
  }
  const script = path.join(import.meta.dirname, '../../../../loadtests', `${load.workload}.ts`)
  const deadlineMs = 1_000 * load.durationS + AROUND_THE_LOAD_MS
  return { k6, script, env, folder, deadlineMs, signal: AbortSignal.any([signal, gone]) }
}

const loadsOf = new WeakMap<ComparedStage, number>()

/**
 * The n-th load of each stage asks for the same products in the same order, and no other load does: a cache that was asked for them
 * a moment ago would have them all, and one that meets them at a higher rate first would be blamed on the rate.
 */
function seedFor(stage: ComparedStage): number {
  const seed = 1 + (loadsOf.get(stage) ?? 0)
  loadsOf.set(stage, seed)
  return seed
}

async function figuresOf(folder: string, { status, timedOut }: K6Ending): Promise<LoadFigures> {
  const file = path.join(folder, 'summary.json')
  if (timedOut || !existsSync(file) || (status !== 0 && status !== CROSSED))
    throw new CommandError(`k6 failed (status ${status}): ${complaintOf(folder)}; raw output in ${folder}`)
  try {
    return readSummary(file)
  } catch (error) {
    const isFull = (await freeMegabytes(folder)) < LEAST_FREE_MB
    throw new CommandError(`k6 could not write ${file}: ${isFull ? 'the disk is full' : reasonOf(error)}`)
  }
}

type Run = {
  readonly load: Load
  readonly figures: LoadFigures
  readonly cpus: Readonly<Record<string, number>>
  readonly ending: K6Ending
}

function resultOf({ p95Ms }: Generator, { plan }: ComparedStage, { load, figures, cpus, ending }: Run): LoadResult {
  const { round, purpose, rate, durationS } = load
  const { journeys, latencyMs } = figures
  const { p50, p95, p99 } = latencyMs ?? { p50: REQUEST_TIMEOUT_MS, p95: REQUEST_TIMEOUT_MS, p99: REQUEST_TIMEOUT_MS }
  const errorShare = journeys.failed / Math.max(1, journeys.offered - journeys.dropped)
  const byHost = plan.hosts.map(({ name, programs }) => [name, durationS * cpusOf(programs, cpus)])
  return {
    round,
    purpose,
    offeredRate: rate,
    finishedRate: journeys.finished / durationS,
    durationS,
    p50Ms: p50,
    p95Ms: p95,
    p99Ms: p99,
    errorShare,
    dropped: journeys.dropped,
    kept: p95 <= p95Ms && errorShare <= MOST_ERRORS && journeys.dropped === 0,
    cpuSByHost: Object.fromEntries(byHost),
    generatorCpuShare: (ending.cpuS ?? 0) / ending.wallS,
  }
}

export function cpusOf(programs: readonly string[], cpus: Readonly<Record<string, number>>): number {
  return programs.reduce((total, program) => total + (cpus[program] ?? 0), 0)
}

/** k6 makes the file with the first line that a script writes. */
function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
