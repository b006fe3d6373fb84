/** Which shards were added to a stage's page and which taken away: it comes back with them when it is started again. */
import { readFileSync } from 'node:fs'
import { writeAtomically } from '../../process/atomic-file.ts'
import { StartError } from '../../process/start-error.ts'
import type { Resharding } from '../../stage/plan.ts'

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
