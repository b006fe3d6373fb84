/** The stages of a comparison: each with ports and data of its own, so that whatever else runs here is left alone. */
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { listenError } from '../../../../infra/local/run/ports.ts'
import { dataFolder, portBase, stageFiles } from '../../../../infra/local/state/data-folder.ts'
import { readState, type StageState } from '../../../../infra/local/state/stage-state.ts'
import { type Plan, planOf } from '../../../../infra/stage/plan.ts'
import { CommandError, say } from '../../runner/command.ts'
import { type RunnerProcess, startRunner } from '../../runner/process.ts'
import type { Contestant } from '../request.ts'

export type ComparedStage = {
  /** Place in the comparison, from 0. */
  readonly index: number
  /** Tells two contestants of one stage apart: the stage's name, and the settings that it was given. */
  readonly label: string
  readonly contestant: Contestant
  readonly plan: Plan
  readonly runner: RunnerProcess
  /** As it was when it had started; sizes come later. */
  readonly state: StageState
  /** Aborted when the stage is gone. */
  readonly gone: AbortSignal
  /** The file of who is logged in, where a workload has somebody buy. */
  readonly customers?: string
}

const PORT_BLOCK = 1_000
const HIGHEST_BASE = 64_000

export type StartOptions = { readonly sizeCpu: number | null; readonly signal: AbortSignal }

/** Starts one after the other, as many programs that start at once keep each other from it; with fresh data and unsized. If one fails, all are ended. */
export async function startStages(contestants: readonly Contestant[], options: StartOptions): Promise<ComparedStage[]> {
  const plans = await freePlans(contestants)
  const runners: RunnerProcess[] = []
  const stop = () => {
    for (const runner of runners) runner.stop()
  }
  options.signal.addEventListener('abort', stop, { once: true })
  try {
    const states: StageState[] = []
    for (const [index, { plan, base }] of plans.entries()) {
      const runner = await startOne(index, plan, base, contestants, options)
      runners.push(runner)
      states.push(await runner.unsized)
    }
    return plans.map(({ plan }, index) => comparedStage(index, plan, contestants, runners, states))
  } catch (error) {
    stop()
    await Promise.all(runners.map(({ ended }) => ended))
    options.signal.throwIfAborted()
    throw error
  }
}

/** Gives the hosts their size; answers the state with the sizes in it. */
export async function sizeStage({ runner }: ComparedStage): Promise<StageState> {
  runner.size()
  return runner.ready
}

/** Ends all stages; their data is thrown away, as another comparison starts afresh. */
export async function stopStages(stages: readonly ComparedStage[]): Promise<void> {
  for (const { runner } of stages) runner.stop()
  await Promise.all(stages.map(({ runner }) => runner.ended))
  for (const { runner } of stages) await rm(runner.files.data, { recursive: true, force: true, maxRetries: 5 })
}

/** Throws one line when the stage, or one of its programs, has ended since it started. */
export function checkAlive({ label, runner, gone }: ComparedStage): void {
  const logs = `its logs are in ${runner.files.logs}`
  const state = readState(runner.files.state)
  if (gone.aborted || state === undefined) throw new CommandError(`stage ${label} ended in the middle; ${logs}`)
  const fallen = state.programs.find(({ restarts, condition }) => restarts > 0 || condition !== 'up')
  if (fallen) throw new CommandError(`${fallen.name} of stage ${label} ended in the middle; ${logs}`)
}

/** Folder `a`, `b`, … below the data folder, one for each contestant. */
function rootOf(index: number): string {
  return path.join(dataFolder(), 'compare', String.fromCharCode(97 + index))
}

function startOne(index: number, plan: Plan, base: number, contestants: readonly Contestant[], options: StartOptions) {
  options.signal.throwIfAborted()
  const request = {
    stage: plan.name,
    set: contestants[index]?.set ?? [],
    portBase: base,
    sizeCpu: options.sizeCpu,
    fresh: true,
    detach: false,
    sizeWhenTold: true,
  }
  return startRunner(stageFiles(plan.name, rootOf(index)), request, (line) => {
    if (/^hosts are unsized|^ended/.test(line)) say(`stage ${plan.stage}: ${line}`)
  })
}

function comparedStage(
  index: number,
  plan: Plan,
  contestants: readonly Contestant[],
  runners: readonly RunnerProcess[],
  states: readonly StageState[],
): ComparedStage {
  const [contestant, runner, state] = [contestants[index], runners[index], states[index]]
  if (!contestant || !runner || !state) throw new Error(`contestant ${index} was not started`)
  const gone = new AbortController()
  void runner.ended.then(() => gone.abort())
  return { index, label: labelOf(contestant), contestant, plan, runner, state, gone: gone.signal }
}

export function labelOf({ stage, set }: Contestant): string {
  return [stage.name, ...set].join(' ')
}

/** The next block of ports for each, from the block after the one for ordinary starts. */
async function freePlans(contestants: readonly Contestant[]): Promise<{ plan: Plan; base: number }[]> {
  const plans: { plan: Plan; base: number }[] = []
  let base = portBase()
  for (const { stage, set } of contestants) {
    for (;;) {
      base += PORT_BLOCK
      if (base > HIGHEST_BASE)
        throw new CommandError('there is no free block of ports; choose another with OUTGROW_PORT_BASE=14000')
      const plan = planOf(stage, { portBase: base, set })
      if (!(await isFree(plan))) continue
      plans.push({ plan, base })
      break
    }
  }
  return plans
}

async function isFree({ programs }: Plan): Promise<boolean> {
  const errors = await Promise.all(programs.map(({ port }) => listenError(port)))
  return errors.every((error) => error === undefined)
}
