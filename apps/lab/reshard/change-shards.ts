/** Has the runner of a stage start the servers of a shard, or end them. */
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { readResharding } from '../../../infra/local/state/resharding.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { Resharding } from '../../../infra/stage/plan.ts'
import { askRunner } from '../runner/ask-runner.ts'

/** Answers the stage as it is then. */
export function startShard(stage: StageState, name: string): Promise<StageState> {
  return goOver(stage, ({ added, removed }) => ({
    added: [...added.filter((one) => one !== name), name],
    removed: without(removed, name),
  }))
}

export function endShard(stage: StageState, name: string): Promise<StageState> {
  return goOver(stage, ({ added, removed }) => ({ added: without(added, name), removed: [...without(removed, name), name] }))
}

function without(names: readonly string[], name: string): string[] {
  return names.filter((one) => one !== name)
}

function goOver(stage: StageState, change: (now: Resharding) => Resharding): Promise<StageState> {
  return askRunner(stage, { resharding: change(readResharding(stageFiles(stage.name).resharding)) })
}
