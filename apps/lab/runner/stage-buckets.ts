import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { Database } from '../../platform/mysql/database.ts'
import { ownersBy } from '../../platform/stores/owners.ts'
import { selectBuckets } from '../../platform/stores/queries.ts'
import { withDatabase } from './database.ts'

/** Which server has which buckets of a store, by what those servers say now that answer. */
export type StoreBuckets = {
  readonly store: string
  readonly servers: readonly { readonly name: string; readonly buckets: readonly string[] }[]
  /** What the servers do not agree about. */
  readonly complaints: readonly string[]
}

export async function bucketsOfStage({ programs, databases }: StageState): Promise<StoreBuckets[]> {
  const spread = programs.flatMap(({ name, bucketsOf }) => (bucketsOf === undefined ? [] : [{ name, store: bucketsOf }]))
  const byStore = Map.groupBy(spread, ({ store }) => store)
  return Promise.all([...byStore].map(([store, servers]) => bucketsOfStore(store, servers.map(urlOf))))
  function urlOf({ name }: { name: string }): Place {
    return { name, url: databases.find((database) => database.name === name)?.url ?? '' }
  }
}

type Place = StageState['databases'][number]

async function bucketsOfStore(store: string, databases: readonly Place[]): Promise<StoreBuckets> {
  const answers = databases.map(async ({ name, url }) => {
    const schema = new URL(url).pathname.slice(1)
    return [name, await withDatabase(url, (db: Database) => selectBuckets(db, schema)).catch(() => [])] as const
  })
  const { owners, complaints } = ownersBy(new Map(await Promise.all(answers)), new Map())
  const servers = databases.map(({ name }) => ({
    name,
    buckets: [...owners].filter(([, { server }]) => server === name).map(([bucket]) => bucket),
  }))
  return { store, servers, complaints }
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
