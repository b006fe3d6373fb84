/** A deploy has one copy more while it lasts. One that is ended by KILL cannot end that copy: it has written it down first, for whoever comes next. */
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { stageFiles } from '../../../infra/local/state/data-folder.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { writeAtomically } from '../../../infra/process/atomic-file.ts'
import { identityOf, isRunning, type ProcessIdentity } from '../../../infra/process/process-table.ts'
import { askRunner } from '../runner/ask-runner.ts'
import { say } from '../runner/command.ts'
import type { ServiceName } from './request.ts'

type Stage = Pick<StageState, 'name' | 'runner'>
/** The service, and how many copies it has beside the one that comes first. */
export type Deploying = { readonly service: ServiceName; readonly copies: number }
type Noted = Deploying & { readonly by: ProcessIdentity | undefined; readonly runner: ProcessIdentity }

export function oneMoreOf({ service, copies }: Deploying): string {
  return `${service}-${copies + 1}`
}

export function noteDeploy({ name, runner }: Stage, deploying: Deploying): void {
  const noted: Noted = { ...deploying, by: identityOf(process.pid), runner }
  writeAtomically(noteOf(name), `${JSON.stringify(noted)}\n`, { survivesPowerCut: false })
}

export function forgetDeploy({ name }: Pick<Stage, 'name'>): void {
  rmSync(noteOf(name), { force: true })
}

/** One that nobody is at any more. A stage that was started again has the copies of its page. */
export function unfinishedDeploy({ name, runner }: Stage): Deploying | undefined {
  const noted = readNote(noteOf(name))
  if (noted === undefined || !isDeepStrictEqual(noted.runner, runner)) return undefined
  return noted.by !== undefined && isRunning(noted.by) ? undefined : noted
}

/** For whoever holds the lock of the stage's changes. What its runner was asked by then it does first. */
export async function endUnfinishedDeploy(stage: StageState): Promise<void> {
  const left = unfinishedDeploy(stage)
  if (left === undefined) return
  say(`a deploy of ${left.service} did not come to its end: ending ${oneMoreOf(left)}, which is one copy more …`)
  await askRunner(stage, { changed: [`${left.service}=${left.copies}`] })
  forgetDeploy(stage)
}

function noteOf(name: string): string {
  return path.join(stageFiles(name).folder, 'deploy.json')
}

function readNote(file: string): Noted | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
