/** The servers with buckets of a stage, each with its own customers. */
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { writersWithBuckets } from '../runner/stage-buckets.ts'
import { programNamed } from './programs.ts'

const FEWEST = 2

export function missingShards(stage: StageState): string | undefined {
  const found = stage.stores.filter(({ buckets }) => buckets).flatMap(({ servers }) => servers).length
  if (found >= FEWEST) return undefined
  return `this drill needs buckets on ${FEWEST} servers; stage ${stage.stage} has ${found === 0 ? 'none' : 'them on one'}`
}

/** With the server that takes its writes. */
export type Shard = { readonly program: ProgramState; readonly buckets: readonly string[] }

/** Those that have customers. */
export async function shardsOf(stage: StageState): Promise<Shard[]> {
  const stores = stage.stores.filter(({ buckets }) => buckets)
  const found = await Promise.all(stores.map((store) => writersWithBuckets(stage, store)))
  return found
    .flatMap(({ writers }) => writers)
    .filter(({ buckets }) => buckets.length > 0)
    .map(({ server, buckets }) => ({ program: programNamed(stage, server), buckets }))
}
