import { endLeftovers } from '../../../infra/local/run/leftovers.ts'
import { portBase, stageFiles } from '../../../infra/local/state/data-folder.ts'
import { alreadyRunning, liveRunner, takeStageLock } from '../../../infra/local/state/stage-lock.ts'
import { CommandError, say } from './command.ts'
import { type RunnerProcess, startRunner } from './process.ts'

export type OwnStage = { readonly name: string; readonly set: readonly string[]; readonly sizeCpu: number | null }

/** Throws one line when somebody else runs the stage. */
export function refuseIfRunning(name: string): void {
  const runner = liveRunner(stageFiles(name).lock)
  if (runner) throw new CommandError(alreadyRunning(name, runner))
}

/** Runs a stage for as long as the work on it lasts. It ends with this process too, however that ends. */
export async function withOwnStage<Value>({ name, set, sizeCpu }: OwnStage, work: () => Promise<Value>): Promise<Value> {
  const request = { stage: name, set, portBase: portBase(), sizeCpu, fresh: false, detach: false }
  const runner = await startRunner(stageFiles(name), request, say)
  try {
    await runner.ready
    return await work()
  } finally {
    runner.stop()
    await tidied(runner)
  }
}

/** Waits for a runner's end; one that was killed could not end its programs, so that is done for it. Answers whether it was. */
export async function tidied({ files, ended }: RunnerProcess): Promise<boolean> {
  const { signal } = await ended
  if (signal === null) return false
  const unlock = await takeStageLock(files.lock, files.folder)
  await endLeftovers(files)
  unlock()
  return true
}
