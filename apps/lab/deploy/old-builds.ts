/** Work trees of commits, each with a checkout's files: the ones last deployed are kept, as going back is what they are for. */
import { readdir, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import { readState, startedStageNames } from '../../../infra/local/state/stage-state.ts'
import { isRunning } from '../../../infra/process/process-table.ts'
import type { Git } from './git.ts'

const KEPT = 3
const COMMIT = /^[0-9a-f]{40,64}$/

/** Marks one as the last that was wanted, and removes those that nobody has wanted for longest and no stage runs. */
export async function keepLastBuilds(git: Git, wanted: string): Promise<void> {
  const now = new Date()
  await utimes(wanted, now, now)
  const inUse = buildsInUse()
  for (const folder of (await newestFirst(path.dirname(wanted))).slice(KEPT)) {
    if (inUse.some((name) => path.basename(folder).startsWith(name))) continue
    // Of another clone that has its data here too: its work tree, and so its to remove.
    await git.line('worktree', 'remove', '--force', folder).catch(() => {})
  }
}

async function newestFirst(folder: string): Promise<string[]> {
  const folders = (await readdir(folder)).filter((name) => COMMIT.test(name)).map((name) => path.join(folder, name))
  const dated = await Promise.all(folders.map(async (one) => ({ folder: one, mtimeMs: (await stat(one)).mtimeMs })))
  return dated.sort((one, other) => other.mtimeMs - one.mtimeMs).map((one) => one.folder)
}

/** Short commits, and folders of other checkouts. */
function buildsInUse(): string[] {
  return startedStageNames().flatMap((name) => {
    const state = readState(stageFiles(name).state)
    if (!state || !isRunning(state.runner)) return []
    return state.programs.flatMap(({ build }) => build ?? [])
  })
}
