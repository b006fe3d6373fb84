import type { OnProgress } from '../../servers/server-program.ts'
import type { Plan } from '../../stage/plan.ts'
import type { StageFiles } from '../state/data-folder.ts'
import type { Secrets } from '../state/secrets.ts'
import type { Seed } from '../state/stage-state.ts'

/** What a program may need to know about the stage that it is started in. */
export type StageContext = {
  readonly plan: Plan
  readonly files: StageFiles
  readonly secrets: Secrets
  readonly onProgress: OnProgress
  /** Aborted when the stage is stopped while it starts. */
  readonly signal: AbortSignal
  onSeed(seed: Seed): void
  /** For what has the rows of a store, when it takes writes: returns when all do, and the shop's tables and demo data are in them. */
  storesPrepared(name: string): Promise<void>
}
