import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { CommandError } from '../runner/command.ts'
import { placesOf } from '../runner/places.ts'
import type { Snapshot } from './snapshot.ts'
import { takeSnapshot } from './take-snapshot.ts'

/** What the databases that take the stage's writes hold now, and the bank's ledger. Throws one line when either can't be asked. */
export async function snapshotOf(stage: StageState): Promise<Snapshot> {
  try {
    return await takeSnapshot(await placesOf(stage), stage.bank)
  } catch (error) {
    throw new CommandError(`cannot check the invariants of stage ${stage.name}: ${(error as Error).message}`)
  }
}
