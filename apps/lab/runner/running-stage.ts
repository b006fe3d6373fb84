import { readStageState, type StageState } from '../../../infra/local/state/stage-state.ts'
import { isRunning } from '../../../infra/process/process-table.ts'
import { loadStage } from '../../../infra/stage/catalogue.ts'
import { CommandError } from './command.ts'

/** A stage that can be used now. Throws one line with the command that starts it when it does not run. */
export async function runningStage(reference: string): Promise<StageState> {
  const { number, name } = await loadStage(reference)
  const state = readStageState(number)
  if (state === undefined || !isRunning(state.runner)) {
    throw new CommandError(`stage ${name} does not run; start it with: npm start -- ${number} --detach`)
  }
  if (!state.ready) throw new CommandError(`stage ${name} is still starting; "npm run status" shows when it is up`)
  return state
}

/** Calls back once when the stage's runner is gone or another run has taken its place; containers have none. Returns what ends the watch. */
export function watchStage({ stage, startedAt, runner, programs }: StageState, onGone: () => void): () => void {
  if (programs.some(({ container }) => container !== undefined)) return () => {}
  const timer = setInterval(() => {
    if (isRunning(runner) && readStageState(stage)?.startedAt === startedAt) return
    clearInterval(timer)
    onGone()
  }, WATCH_EVERY_MS)
  return () => clearInterval(timer)
}

const WATCH_EVERY_MS = 500
