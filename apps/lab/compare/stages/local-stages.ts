/** The stages of a comparison as npm start runs them, each in a block of ports of its own. */
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { listenError } from '../../../../infra/local/run/ports.ts'
import { dataFolder, portBase, stageFiles } from '../../../../infra/local/state/data-folder.ts'
import { readState } from '../../../../infra/local/state/stage-state.ts'
import { type Plan, planOf } from '../../../../infra/stage/plan.ts'
import { CommandError, say } from '../../runner/command.ts'
import { type RunnerProcess, startRunner } from '../../runner/process.ts'
import type { Contestant } from '../request.ts'
import { type ComparedStage, comparedStage, type HeldStage, removeStages, type StartOptions } from './compared-stage.ts'

const PORT_BLOCK = 1_000
const HIGHEST_BASE = 64_000

/** Starts one after the other, as many programs that start at once keep each other from it. If one fails, all are ended. */
export async function startStages(contestants: readonly Contestant[], options: StartOptions): Promise<ComparedStage[]> {
  const places = await freePlaces(contestants)
  const runners: RunnerProcess[] = []
  const stop = () => {
    for (const runner of runners) runner.stop()
  }
  options.signal.addEventListener('abort', stop, { once: true })
  try {
    const stages: ComparedStage[] = []
    for (const [index, { contestant, plan, base }] of places.entries()) {
      const runner = await startOne({ index, contestant, plan, base }, options)
      runners.push(runner)
      stages.push(comparedStage(index, contestant, plan, await heldBy(runner)))
    }
    return stages
  } catch (error) {
    stop()
    await Promise.all(runners.map(({ ended }) => ended))
    options.signal.throwIfAborted()
    throw error
  }
}

export async function stopStages(stages: readonly ComparedStage[]): Promise<void> {
  await removeStages(stages.map(({ held }) => held))
}

async function heldBy(runner: RunnerProcess): Promise<HeldStage> {
  const { files, ended, atFullSpeed, unsized } = runner
  return {
    folder: files.data,
    logs: files.logs,
    state: await unsized,
    now: () => readState(files.state),
    size: async () => {
      runner.size()
      await runner.ready
    },
    atFullSpeed,
    ended,
    remove: async () => {
      runner.stop()
      await ended
      await rm(files.data, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Folder `a`, `b`, … below the data folder, one for each contestant. */
function rootOf(index: number): string {
  return path.join(dataFolder(), 'compare', String.fromCharCode(97 + index))
}

type Place = { readonly contestant: Contestant; readonly plan: Plan; readonly base: number }

function startOne({ index, contestant, plan, base }: Place & { readonly index: number }, { sizeCpu, signal }: StartOptions) {
  signal.throwIfAborted()
  const request = {
    stage: plan.name,
    set: contestant.set,
    portBase: base,
    sizeCpu,
    fresh: true,
    detach: false,
    sizeWhenTold: true,
  }
  return startRunner(stageFiles(plan.name, rootOf(index)), request, (line) => {
    if (/^hosts are unsized|^ended/.test(line)) say(`stage ${plan.stage}: ${line}`)
  })
}

/** The next block of ports for each, from the block after the one for ordinary starts. */
async function freePlaces(contestants: readonly Contestant[]): Promise<Place[]> {
  const places: Place[] = []
  let base = portBase()
  for (const contestant of contestants) {
    for (;;) {
      base += PORT_BLOCK
      if (base > HIGHEST_BASE)
        throw new CommandError('there is no free block of ports; choose another with OUTGROW_PORT_BASE=14000')
      const plan = planOf(contestant.stage, { portBase: base, set: contestant.set })
      if (!(await isFree(plan))) continue
      places.push({ contestant, plan, base })
      break
    }
  }
  return places
}

async function isFree({ programs }: Plan): Promise<boolean> {
  const errors = await Promise.all(programs.map(({ port }) => listenError(port)))
  return errors.every((error) => error === undefined)
}
