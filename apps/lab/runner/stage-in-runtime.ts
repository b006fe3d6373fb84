/** A stage that is up, wherever it runs. */
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

/** Throws one line with the command that starts it where it does not run. */
export async function inRuntime<Value>(
  runtime: Runtime,
  reference: string,
  work: (stage: () => StageState) => Promise<Value>,
): Promise<Value> {
  if (runtime === 'compose') return withComposeStage(reference, work)
  const state = await runningStage(reference)
  return work(() => state)
}
