/** The same cached product pages from a stage whose modules are in one process, and from one where they are services. */
import { setTimeout as sleep } from 'node:timers/promises'
import { readStageState, type StageState } from '../../../infra/local/state/stage-state.ts'
import { httpCall } from '../../../infra/process/http-call.ts'
import { productId } from '../../../loadtests/popularity.ts'
import { sum } from '../compare/spread.ts'
import { programUses } from '../load/program-use.ts'
import { askRunner } from '../runner/ask-runner.ts'
import { CommandError, say } from '../runner/command.ts'
import { restartProgram } from '../runner/stage-program.ts'
import { askForPages, type Reader } from './reader.ts'
import { type Cost, type HopPoint, pointOf } from './results.ts'

export type Means = {
  readonly stages: readonly [monolith: number, services: number]
  readonly seconds: number
  readonly signal: AbortSignal
}

/** Few enough to be in the cache of each stage from the first second on. */
const PAGES = 100
const WARM_UP_MS = 2_500
const REST_MS = 4_000
const ANSWER_WITHIN_MS = 10_000

export async function measurePoints({ stages, seconds, signal }: Means, works: readonly number[]): Promise<HopPoint[]> {
  const points: HopPoint[] = []
  const costOf = (stage: number) => measure(stateOf(stage), { seconds, signal })
  for (const workMs of works) {
    say(`pages with ${workMs} ms of work …`)
    for (const stage of stages) await workWith(stage, workMs)
    const [monolith, services] = stages
    points.push(pointOf(workMs, await costOf(monolith), await costOf(services)))
  }
  return points
}

/** Whoever answers product pages is started again with the setting. */
async function workWith(number: number, workMs: number): Promise<void> {
  const before = stateOf(number)
  if (before.settings.workMs === workMs) return
  const now = await askRunner(before, { changed: [`workMs=${workMs}`] })
  for (const name of await answeringPages(now)) {
    const program = stateOf(number).programs.find((one) => one.name === name)
    if (program) await restartProgram(stateOf(number), program)
  }
}

/** By what their answers say. */
async function answeringPages({ url, programs }: StageState): Promise<string[]> {
  const names = new Set<string>()
  const apps = programs.filter(({ kind }) => kind === 'app')
  for (let count = 0; count < 5 * apps.length; count += 1) {
    const { headers } = await httpCall(url + pathOf(count), { timeoutMs: ANSWER_WITHIN_MS })
    names.add(String(headers['x-served-by']))
  }
  return apps.flatMap(({ name }) => (names.has(name) ? [name] : []))
}

function pathOf(index: number): string {
  return `/products/${productId(1 + (index % PAGES))}`
}

async function measure(stage: StageState, { seconds, signal }: Pick<Means, 'seconds' | 'signal'>): Promise<Cost> {
  const rest = await programUses(pidsOf(stage), REST_MS)
  const reader = askForPages(stage.url, pathOf)
  try {
    await sleep(WARM_UP_MS, undefined, { signal })
    return await costOf(stage, reader, { rest, seconds })
  } finally {
    await reader.stop()
  }
}

type Uses = Awaited<ReturnType<typeof programUses>>

async function costOf(stage: StageState, reader: Reader, { rest, seconds }: { rest: Uses; seconds: number }): Promise<Cost> {
  const [before, startedAt] = [reader.answered(), performance.now()]
  const uses = await programUses(pidsOf(stage), 1_000 * seconds)
  const perS = (1_000 * (reader.answered() - before)) / (performance.now() - startedAt)
  const cpuOf = (index: number) => Math.max(0, (uses[index]?.cpuMsPerS ?? 0) - (rest[index]?.cpuMsPerS ?? 0)) / perS
  const programs = stage.programs.map(({ host }, index) => ({ host, cpuMs: cpuOf(index) }))
  const hosts = [...Map.groupBy(programs, ({ host }) => host)].map(
    ([host, on]) => [host, sum(on.map(({ cpuMs }) => cpuMs))] as const,
  )
  return { cpuMs: sum(programs.map(({ cpuMs }) => cpuMs)), perS, hosts: Object.fromEntries(hosts) }
}

function pidsOf({ programs }: StageState): number[] {
  return programs.map(({ pid }) => pid)
}

function stateOf(stage: number): StageState {
  const state = readStageState(stage)
  if (!state) throw new CommandError(`stage ${stage} was stopped meanwhile`)
  return state
}
