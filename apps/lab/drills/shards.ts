/** The servers with buckets of a stage, each with its own customers. */
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { writersOf } from '../runner/shards.ts'
import { bucketsOfStage } from '../runner/stage-buckets.ts'
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
  const stores = await bucketsOfStage(stage)
  const writers = await Promise.all(stage.stores.filter(({ buckets }) => buckets).map((store) => writersOf(stage, store)))
  const urls = new Map(writers.flat().map(({ shard, url }) => [shard, url]))
  const serverOf = (name: string) => stage.databases.find(({ url }) => url === urls.get(name))?.name ?? name
  return stores
    .flatMap(({ servers }) => servers)
    .filter(({ buckets }) => buckets.length > 0)
    .map(({ name, buckets }) => ({ program: programNamed(stage, serverOf(name)), buckets }))
}
