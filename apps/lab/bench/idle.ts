/**
 * What a stage's programs take at rest, beside a bare server that is asked as often as the checks ask: at the same time, as a CPU
 * that others wake up as well costs each of them less.
 */
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { freePort } from '../../../infra/process/free-port.ts'
import { httpCall } from '../../../infra/process/http-call.ts'
import { endOwned, spawnOwned } from '../../../infra/process/owned-process.ts'
import { readMetrics } from '../compare/measure/app-metrics.ts'
import { sum } from '../compare/spread.ts'
import { programUses } from '../load/program-use.ts'
import { warmUp } from './warm-up.ts'

type IdleProgram = {
  readonly name: string
  readonly kind: string
  readonly memoryMiB: number | null
  readonly cpuMsPerS: number
  /** Over new connections. An app counts them; any other program is taken to be asked once a second. */
  readonly askedPerS: number
  /** Of a bare server that is asked as often. */
  readonly ratio: number
}
export type IdleResult = {
  readonly stage: string
  readonly seconds: number
  /** CPU milliseconds a second. */
  readonly bare: { readonly askedOnce: number; readonly askedFiveTimes: number }
  readonly programs: readonly IdleProgram[]
}

const SECONDS = 30
/** Before it is measured: at rest all code runs seldom, so that it takes minutes until V8 has compiled what it will. */
const WARM_UP = { roundMs: 10_000, most: 18 }
const BARE_RATES = [1, 5] as const

export async function measureIdle(
  { name, programs }: StageState,
  signal: AbortSignal,
  { seconds = SECONDS, roundMs = WARM_UP.roundMs, most = WARM_UP.most } = {},
): Promise<IdleResult> {
  const bare = await Promise.all(BARE_RATES.map((perS) => startBare(perS)))
  const pids = [...bare, ...programs].map(({ pid }) => pid)
  try {
    await warmUp([() => cpuOf(pids, roundMs, signal)], most)
    const ports = programs.map(({ kind, port }) => (kind === 'app' ? port : undefined))
    const before = await requestsOf(ports)
    const uses = await programUses(pids, 1_000 * seconds)
    signal.throwIfAborted()
    const after = await requestsOf(ports)
    const [once = 0, five = 0, ...own] = uses.map(({ cpuMsPerS }) => cpuMsPerS ?? 0)
    const rows = programs.map(({ name, kind }, index): IdleProgram => {
      const asked = askedPerS(before[index], after[index], seconds)
      const cpuMsPerS = own[index] ?? 0
      const memoryMiB = uses[BARE_RATES.length + index]?.memoryMiB ?? null
      return { name, kind, memoryMiB, cpuMsPerS, askedPerS: asked, ratio: cpuMsPerS / bareAt(asked, once, five) }
    })
    return { stage: name, seconds, bare: { askedOnce: once, askedFiveTimes: five }, programs: rows }
  } finally {
    await Promise.all(bare.map(({ stop }) => stop()))
  }
}

/** Milliseconds a second of all of them. */
async function cpuOf(pids: readonly number[], forMs: number, signal: AbortSignal): Promise<number> {
  const uses = await programUses(pids, forMs)
  signal.throwIfAborted()
  return sum(uses.map(({ cpuMsPerS }) => cpuMsPerS ?? 0))
}

/** On the line through the two rates that were measured. */
export function bareAt(perS: number, once: number, five: number): number {
  const [low, high] = BARE_RATES
  return Math.max(once, once + ((five - once) * (perS - low)) / (high - low))
}

async function startBare(perS: number) {
  const port = await freePort()
  const args = [`${import.meta.dirname}/bare-server.ts`]
  const child = spawnOwned({ path: process.execPath, args, env: { PATH: process.env.PATH, OUTGROW_PORT: String(port) } })
  const timer = setInterval(() => {
    httpCall(`http://127.0.0.1:${port}/`, { timeoutMs: 1_000 }).catch(() => undefined)
  }, 1_000 / perS)
  const stop = () => {
    clearInterval(timer)
    return endOwned(child)
  }
  if (child.pid === undefined) throw new Error('the bare server did not start')
  return { pid: child.pid, stop }
}

async function requestsOf(ports: readonly (number | undefined)[]): Promise<(number | undefined)[]> {
  return Promise.all(ports.map(async (port) => (port === undefined ? undefined : (await readMetrics([port]))?.requests)))
}

/** One of the requests was the first reading of the metrics. */
function askedPerS(before: number | undefined, after: number | undefined, seconds: number): number {
  return before === undefined || after === undefined ? 1 : (after - before - 1) / seconds
}
