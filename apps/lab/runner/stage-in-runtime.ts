/** A stage that is up, wherever it runs. */
import { DEFAULT_SIZE_CPU } from '../../../infra/local/hosts/size.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { Runtime } from '../../../infra/stage/address.ts'
import { CommandError } from './command.ts'
import { withComposeStage } from './compose-stage.ts'
import { runningStage } from './running-stage.ts'

export type { Runtime }

export function runtimeOf(text = 'local'): Runtime {
  if (text === 'local' || text === 'compose') return text
  throw new CommandError(`--runtime takes local or compose, not "${text}"`)
}

/** What `--unsized` says of containers; hosts of npm start got their size when they were started. */
export function containerSize(runtime: Runtime, isUnsized: boolean): number | null {
  if (isUnsized && runtime === 'local')
    throw new CommandError('--unsized is for --runtime compose here; a stage of npm start is started with it')
  return isUnsized ? null : DEFAULT_SIZE_CPU
}

/** Containers have this size while the work lasts; hosts of npm start have theirs. */
export type Place = { readonly runtime: Runtime; readonly stage: string; readonly sizeCpu: number | null }

/** Throws one line with the command that starts it where it does not run. */
export async function inRuntime<Value>(
  { runtime, stage, sizeCpu }: Place,
  work: (stage: () => StageState) => Promise<Value>,
): Promise<Value> {
  if (runtime === 'compose') return withComposeStage(stage, sizeCpu, work)
  const state = await runningStage(stage)
  return work(() => state)
}
