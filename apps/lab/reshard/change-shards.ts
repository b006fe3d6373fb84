/** Has the runner of a stage start the servers of a shard, or end them. */
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { RESHARDING_SIGNAL, readResharding, writeRequest } from '../../../infra/local/state/resharding.ts'
import { readStageState, type StageState } from '../../../infra/local/state/stage-state.ts'
import { isRunning } from '../../../infra/process/process-table.ts'
import { until } from '../../../infra/process/until.ts'
import { tryFileLock } from '../../../infra/setup/file-lock.mjs'
import type { Resharding } from '../../../infra/stage/plan.ts'
import { CommandError } from '../runner/command.ts'

/** A MySQL makes its data folder first, and each of several servers has to catch up. */
const WITHIN_MS = 240_000
const POLL_MS = 100

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

/** One who adds or removes at a time. */
export async function oneAtATime<Value>({ name }: StageState, work: () => Promise<Value>): Promise<Value> {
  const lock = path.join(stageFiles(name).folder, 'reshard.lock')
  if (!(await tryFileLock(lock))) throw new CommandError('somebody else adds or removes a server now; nothing was changed')
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}

function without(names: readonly string[], name: string): string[] {
  return names.filter((one) => one !== name)
}

async function goOver({ stage, name, runner }: StageState, change: (now: Resharding) => Resharding): Promise<StageState> {
  const files = stageFiles(name)
  const id = randomUUID()
  writeRequest(files.reshardingRequest, { id, resharding: change(readResharding(files.resharding)) })
  if (isRunning(runner)) process.kill(runner.pid, RESHARDING_SIGNAL)
  const answered = await until(
    () => {
      const now = readStageState(stage)
      if (!now || !isRunning(runner)) throw new CommandError(`stage ${name} was stopped meanwhile`)
      return now.reshardingAnswer?.id === id && now
    },
    { withinMs: WITHIN_MS, everyMs: POLL_MS, complaint: `the runner of stage ${name} did not answer` },
  )
  const failed = answered.reshardingAnswer?.failed
  if (failed !== undefined) throw new CommandError(`${failed}; nothing was changed`)
  return answered
}
