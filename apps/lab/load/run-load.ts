/** One load against one running stage, with the invariants checked from outside before and after it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { ServerProgram } from '../../../infra/servers/server-program.ts'
import { type LoadSettings, loadSettings } from '../../../loadtests/settings.ts'
import { WORKLOADS, type WorkloadName } from '../../../loadtests/workloads.ts'
import { eventualFindings } from '../invariants/eventual-findings.ts'
import { parseHistory } from '../invariants/history.ts'
import { snapshotOf } from '../invariants/stage-snapshot.ts'
import { CommandError } from '../runner/command.ts'
import { watchStage } from '../runner/running-stage.ts'
import { type InvariantResult, invariantResults } from './invariant-results.ts'
import { complaintOf, type K6Ending, runK6 } from './k6-process.ts'
import { type LoadFigures, readSummary } from './k6-summary.ts'

export type LoadRun = {
  readonly state: StageState
  readonly workload: WorkloadName
  /** What the script is told beside the stage's address, as with `k6 run -e`. */
  readonly env: Readonly<Record<string, string>>
  readonly k6: ServerProgram
  /** An empty folder for the raw output. */
  readonly folder: string
  /** Ends the load early; what was measured is still judged. */
  readonly signal: AbortSignal
}

export type LoadResult = LoadFigures & {
  readonly stage: number
  readonly name: string
  readonly workload: WorkloadName
  readonly load: Pick<LoadSettings, 'rate' | 'durationS' | 'warmUpS' | 'shape' | 'seed'>
  readonly startedAt: string
  /** False when it was ended early. */
  readonly complete: boolean
  /** CPU seconds of k6 over the whole run; null where the system does not tell. */
  readonly generator: { readonly cpuS: number | null; readonly wallS: number; readonly version: string }
  readonly invariants: readonly InvariantResult[]
  /** Complete, something measured, every threshold kept and every invariant. */
  readonly ok: boolean
  readonly folder: string
}

/** Setting up logs shoppers in, and journeys under way at the end may finish. */
const AROUND_THE_LOAD_MS = 180_000
/** k6's exit status when thresholds were crossed, and when it was interrupted. */
const CROSSED = 99
const INTERRUPTED = 105

/** Throws one line when the run says nothing: k6 failed, the stage went away, the database or the bank cannot be asked. */
export async function runLoad(run: LoadRun): Promise<LoadResult> {
  const { state, workload, k6, folder } = run
  const settings = loadSettings({ ...run.env, BASE_URL: state.url }, WORKLOADS[workload])
  const startedAt = new Date()
  const take = () => snapshotOf(state)
  const before = await take()
  const ending = await loadWatched(run, settings, startedAt)
  const figures = readFigures(folder, ending)
  const history = parseHistory(textOf(join(folder, 'console.log')))
  const { findings, after } = await eventualFindings(before, history, { take })
  const invariants = invariantResults(findings, { before, after, history })
  const complete = ending.status === 0 || ending.status === CROSSED
  const ok = isWell({ complete, invariants, ...figures })
  const { rate, durationS, warmUpS, shape, seed } = settings
  const generator = { cpuS: ending.cpuS, wallS: ending.wallS, version: k6.version }
  const about = { stage: state.stage, name: state.name, workload, load: { rate, durationS, warmUpS, shape, seed } }
  const result = { ...about, startedAt: startedAt.toISOString(), complete, ...figures, generator, invariants, ok, folder }
  writeFileSync(join(folder, 'result.json'), `${JSON.stringify({ ...result, findings }, null, 2)}\n`)
  return result
}

/** All that was asked is done, and was seen to be. */
export function isWell(result: LoadFigures & Pick<LoadResult, 'complete' | 'invariants'>): boolean {
  const { complete, thresholds, invariants } = result
  return complete && hasMeasured(result) && [...thresholds, ...invariants].every(({ kept }) => kept)
}

/** Every threshold is kept where nothing happened. */
export function hasMeasured({ journeys }: LoadFigures): boolean {
  return journeys.finished + journeys.soldOut > 0
}

async function loadWatched(run: LoadRun, settings: LoadSettings, startedAt: Date): Promise<K6Ending> {
  const { state, workload, k6, folder, signal } = run
  const gone = new AbortController()
  const unwatch = watchStage(state, () => gone.abort())
  const deadlineMs = (settings.warmUpS + settings.durationS) * 1_000 + AROUND_THE_LOAD_MS
  const script = join(import.meta.dirname, '../../../loadtests', `${workload}.ts`)
  const env = {
    ...run.env,
    BASE_URL: state.url,
    ORDERS_PER_MINUTE: String(state.settings.ordersPerMinute),
    RUN: startedAt.getTime().toString(36),
    HISTORY: 'on',
  }
  try {
    const ending = await runK6({ k6, script, env, folder, deadlineMs, signal: AbortSignal.any([signal, gone.signal]) })
    if (gone.signal.aborted) throw new CommandError(`stage ${state.name} stopped in the middle of the load; ${kept(folder)}`)
    if (ending.timedOut) throw new CommandError(`k6 did not end within ${deadlineMs / 1_000} s; ${kept(folder)}`)
    return ending
  } finally {
    unwatch()
  }
}

function readFigures(folder: string, { status }: K6Ending): LoadFigures {
  const file = join(folder, 'summary.json')
  if (existsSync(file) && (status === 0 || status === CROSSED || status === INTERRUPTED)) return readSummary(file)
  throw new CommandError(`k6 failed (status ${status}): ${complaintOf(folder)}; ${kept(folder)}`)
}

/** k6 makes the file with the first line that a script writes. */
function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

function kept(folder: string): string {
  return `raw output in ${folder}`
}
