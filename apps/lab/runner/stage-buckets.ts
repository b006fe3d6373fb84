import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { Database } from '../../platform/mysql/database.ts'
import { ownersBy } from '../../platform/stores/owners.ts'
import { selectBuckets } from '../../platform/stores/queries.ts'
import { withDatabase } from './database.ts'
import { type Writer, writersOf } from './shards.ts'

/** Which server has which buckets of a store, by what those servers say now that answer. */
export type StoreBuckets = {
  readonly store: string
  readonly servers: readonly { readonly name: string; readonly buckets: readonly string[] }[]
  /** What the servers do not agree about. */
  readonly complaints: readonly string[]
}

type Stage = Pick<StageState, 'stores' | 'databases' | 'programs'>
type Store = StageState['stores'][number]

export function bucketsOfStage(stage: Stage): Promise<StoreBuckets[]> {
  return Promise.all(stage.stores.filter(({ buckets }) => buckets).map((store) => bucketsOfStore(stage, store)))
}

async function bucketsOfStore(stage: Stage, store: Store): Promise<StoreBuckets> {
  const { writers, complaints } = await writersWithBuckets(stage, store)
  return { store: store.name, servers: writers.map(({ shard: name, buckets }) => ({ name, buckets })), complaints }
}

/** Each shard's, with the buckets that the servers say it has. */
export async function writersWithBuckets(stage: Stage, store: Store) {
  const writers = await writersOf(stage, store)
  const { owners, complaints } = await ownersAt(writers)
  const bucketsOf = (name: string) => [...owners].filter(([, { server }]) => server === name).map(([bucket]) => bucket)
  return { writers: writers.map((writer) => ({ ...writer, buckets: bucketsOf(writer.shard) })), complaints }
}

export async function ownersInStage(stage: Stage, store: Store) {
  return ownersAt(await writersOf(stage, store))
}

export async function ownersAt(writers: readonly Writer[]) {
  const answers = writers.map(async ({ shard, url }) => {
    const schema = new URL(url).pathname.slice(1)
    return [shard, await withDatabase(url, (db: Database) => selectBuckets(db, schema)).catch(() => [])] as const
  })
  return ownersBy(new Map(await Promise.all(answers)), new Map())
}

/** `00–15, 20`: neighbours are drawn together. */
export function rangesOf(buckets: readonly string[]): string {
  const runs: string[][] = []
  for (const bucket of buckets) {
    const run = runs.at(-1)
    if (run && Number(bucket) === Number(run.at(-1)) + 1) run.push(bucket)
    else runs.push([bucket])
  }
  return runs.map((run) => (run.length === 1 ? run[0] : `${run[0]}–${run.at(-1)}`)).join(', ')
}
