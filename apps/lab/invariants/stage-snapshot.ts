import { primaryDatabase } from '../../../infra/local/state/primary-database.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { ALL_MODULES } from '../../../infra/stage/topology.ts'
import { CommandError } from '../runner/command.ts'
import type { Snapshot } from './snapshot.ts'
import { takeSnapshot } from './take-snapshot.ts'

/** What the database that takes the stage's writes holds now, and the bank's ledger. Throws one line when either can't be asked. */
export async function snapshotOf(stage: StageState): Promise<Snapshot> {
  try {
    const { url } = await primaryDatabase(stage)
    return await takeSnapshot([{ url, holds: ALL_MODULES }], stage.bank)
  } catch (error) {
    throw new CommandError(`cannot check the invariants of stage ${stage.name}: ${(error as Error).message}`)
  }
}
