/** One run of k6: its own process group, an environment of its own, a deadline, and everything it says in files. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpuSeconds } from './cpu-time.ts'
import { removeSessions } from './k6-summary.ts'

export type K6Run = {
  readonly k6: { readonly path: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }
  readonly script: string
  readonly env: Readonly<Record<string, string>>
  /** Gets `console.log`, `summary.json` without the shoppers' sessions, `k6.out` and `k6.err`. */
  readonly folder: string
  readonly deadlineMs: number
  /** Ends the run early: k6 gets a moment to finish and to write its summary. */
  readonly signal: AbortSignal
}

export type K6Ending = {
  /** 0 all thresholds kept, 99 some crossed, 105 ended early; anything else is a run that says nothing. */
  readonly status: number | null
  readonly timedOut: boolean
  /** CPU seconds of the load generator as far as last seen, at most a quarter of a second ago; null where the system does not tell. */
  readonly cpuS: number | null
  readonly wallS: number
}

/** k6 lets journeys under way finish for 30 s before it writes its summary. */
const GRACE_MS = 35_000
const CPU_SAMPLE_MS = 250

export async function runK6(run: K6Run): Promise<K6Ending> {
  const child = start(run)
  const startedAt = performance.now()
  const cpu = sampleCpu(child)
  let timedOut = false
  const end = gracefulEnd(child)
  const deadline = setTimeout(() => {
    timedOut = true
    end()
  }, run.deadlineMs)
  const leaveNothing = () => {
    signalGroup(child, 'SIGKILL')
    removeSessions(summaryIn(run.folder))
  }
  process.once('exit', leaveNothing)
  run.signal.addEventListener('abort', end, { once: true })
  if (run.signal.aborted) end()
  try {
    const status = await exitOf(child)
    return { status, timedOut, cpuS: cpu.last(), wallS: (performance.now() - startedAt) / 1_000 }
  } finally {
    clearTimeout(deadline)
    process.off('exit', leaveNothing)
    removeSessions(summaryIn(run.folder))
    run.signal.removeEventListener('abort', end)
    cpu.stop()
    end.cancel()
  }
}

/** The first line of what k6 complained about, without its stack. */
export function complaintOf(folder: string): string {
  const lines = readFileSync(join(folder, 'k6.err'), 'utf8').split('\n')
  const line =
    lines.find((candidate) => candidate.trim() !== '' && !candidate.startsWith('thresholds on metrics')) ?? 'no reason given'
  return line.replace(/^Error: /, '').replace(/\s+at \S+ \(?file:.*/, '')
}

function start({ k6, script, env, folder }: K6Run): ChildProcess {
  const config = join(folder, 'k6-config.json')
  writeFileSync(config, '{}\n')
  const out = openSync(join(folder, 'k6.out'), 'w')
  const error = openSync(join(folder, 'k6.err'), 'w')
  try {
    const args = [...k6.args, 'run', ...FLAGS, ...filesIn(folder, config), ...variables(env), script]
    return spawn(k6.path, args, { env: environment(k6.env, folder), stdio: ['ignore', out, error], detached: true })
  } finally {
    closeSync(out)
    closeSync(error)
  }
}

/** No usage report, no HTTP server of its own, no thresholds or outputs from the user's own k6 configuration. */
const FLAGS = [
  '--no-usage-report',
  '--address',
  '',
  '--quiet',
  '--no-color',
  '--log-format',
  'raw',
  '--include-system-env-vars=false',
]

function filesIn(folder: string, config: string): string[] {
  return ['--config', config, '--console-output', join(folder, 'console.log'), '--summary-export', summaryIn(folder)]
}

function summaryIn(folder: string): string {
  return join(folder, 'summary.json')
}

function variables(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`])
}

/**
 * k6 collects its garbage on the CPUs that the hosts need: rarely is better, as long as there is room. On 2 CPUs, 300 requests a second
 * to a constant answer of HAProxy took up to 11 ms (p99.9) as it comes, and up to 5 ms with so many per cent.
 */
const GARBAGE = { GOGC: '800', GOMEMLIMIT: '1GiB' }

/** Nothing of the caller's environment: a proxy or a K6_ variable in it would change what is measured. */
function environment(own: Readonly<Record<string, string>>, folder: string): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: folder, K6_NO_USAGE_REPORT: 'true', ...GARBAGE, ...own }
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code))
  })
}

/** INT to the group, KILL when it does not end in time. Only the first call counts. */
function gracefulEnd(child: ChildProcess) {
  let killer: NodeJS.Timeout | undefined
  const end = () => {
    if (killer !== undefined) return
    signalGroup(child, 'SIGINT')
    killer = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS)
  }
  return Object.assign(end, { cancel: () => clearTimeout(killer) })
}

function signalGroup({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function sampleCpu({ pid }: ChildProcess): { last(): number | null; stop(): void } {
  let last: number | null = null
  const timer = setInterval(() => {
    last = (pid === undefined ? undefined : cpuSeconds(pid)) ?? last
  }, CPU_SAMPLE_MS)
  return { last: () => last, stop: () => clearInterval(timer) }
}
