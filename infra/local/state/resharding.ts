/** Which shards were added to a stage's page and which taken away: it comes back with them when it is started again. */
import { readFileSync } from 'node:fs'
import { writeAtomically } from '../../process/atomic-file.ts'
import { StartError } from '../../process/start-error.ts'
import type { Resharding } from '../../stage/plan.ts'

/** What the runner is asked to go over to; its answer in the stage's state has the same id. */
export type ReshardingRequest = { readonly id: string; readonly resharding: Resharding }

/** Tells the runner that there is a request. */
export const RESHARDING_SIGNAL = 'SIGUSR2'

const NONE: Resharding = { added: [], removed: [] }

export function readResharding(file: string): Resharding {
  try {
    const { added, removed } = JSON.parse(readFileSync(file, 'utf8'))
    return { added, removed }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NONE
    throw new StartError(`cannot read ${file} (${(error as Error).message}); throw the stage's data away with --fresh`)
  }
}

/** On disk when it returns. */
export function writeResharding(file: string, resharding: Resharding): void {
  writeAtomically(file, `${JSON.stringify(resharding)}\n`)
}

export function readRequest(file: string): ReshardingRequest {
  return JSON.parse(readFileSync(file, 'utf8'))
}

export function writeRequest(file: string, request: ReshardingRequest): void {
  writeAtomically(file, `${JSON.stringify(request)}\n`, { survivesPowerCut: false })
}
