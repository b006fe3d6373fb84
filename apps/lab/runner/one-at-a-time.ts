import { rm } from 'node:fs/promises'
import path from 'node:path'
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { tryFileLock } from '../../../infra/setup/file-lock.mjs'
import { CommandError } from './command.ts'

/** One who adds something to a running stage, or takes something away, at a time. */
export async function oneAtATime<Value>({ name }: Pick<StageState, 'name'>, work: () => Promise<Value>): Promise<Value> {
  const lock = path.join(stageFiles(name).folder, 'change.lock')
  if (!(await tryFileLock(lock))) throw new CommandError('somebody else adds or removes a server now; nothing was changed')
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}
