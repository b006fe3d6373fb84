/** The servers with buckets of a stage, each with its own customers. */
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { bucketsOfStage } from '../runner/stage-buckets.ts'
import { programNamed } from './programs.ts'

const FEWEST = 2

export function missingShards(stage: StageState): string | undefined {
  const found = stage.stores.filter(({ buckets }) => buckets).flatMap(({ servers }) => servers).length
  if (found >= FEWEST) return undefined
  return `this drill needs buckets on ${FEWEST} servers; stage ${stage.stage} has ${found === 0 ? 'none' : 'them on one'}`
}

export type Shard = { readonly program: ProgramState; readonly buckets: readonly string[] }

/** Those that have customers. */
export async function shardsOf(stage: StageState): Promise<Shard[]> {
  const stores = await bucketsOfStage(stage)
  return stores
    .flatMap(({ servers }) => servers)
    .filter(({ buckets }) => buckets.length > 0)
    .map(({ name, buckets }) => ({ program: programNamed(stage, name), buckets }))
}
