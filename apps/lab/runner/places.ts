import { primaryNow } from '../../../infra/local/state/primary-database.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { HeldStore } from '../../../infra/stage/store-addresses.ts'
import type { Module } from '../../../infra/stage/topology.ts'
import { bucketSchema } from '../../platform/stores/queries.ts'
import { urlOf } from './database.ts'
import { writersOf } from './shards.ts'
import { ownersAt } from './stage-buckets.ts'

/** A schema, and the modules whose rows are there. */
export type Place = { readonly url: string; readonly holds: readonly Module[] }

/** Every schema of a running stage that takes writes now. Throws where there is none for some rows. */
export async function placesOf(stage: StageState): Promise<Place[]> {
  return (await Promise.all(stage.stores.map((store) => placesOfStore(stage, store)))).flat()
}

async function placesOfStore(stage: StageState, store: HeldStore): Promise<Place[]> {
  const { holds, servers, failover, buckets } = store
  if (buckets) {
    const writers = await writersOf(stage, store)
    const { owners } = await ownersAt(writers)
    const urlOfShard = new Map(writers.map(({ shard, url }) => [shard, url]))
    if (owners.size < buckets) throw new Error(`of ${buckets} buckets of ${store.name} only ${owners.size} have an owner`)
    return [...owners].map(([bucket, { server }]) => {
      return { url: schemaUrl(urlOfShard.get(server) ?? '', bucketSchema(bucket)), holds }
    })
  }
  const keeper = stage.programs.find(({ name }) => name === failover)
  return [{ url: urlOf(stage, keeper ? await primaryNow(keeper.port) : servers[0]), holds }]
}

function schemaUrl(url: string, schema: string): string {
  return Object.assign(new URL(url), { pathname: schema }).href
}
