/** The shards of a store with buckets, as a running stage tells of them. */
import { rolesNow } from '../../../infra/local/state/primary-database.ts'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { CommandError } from './command.ts'

type Stage = Pick<StageState, 'programs' | 'databases'>
type Store = StageState['stores'][number]

/** `server` is its name. */
export type Writer = { readonly shard: string; readonly server: string; readonly url: string }

/** Throws one line where the stage has none. */
export function storeWithBuckets({ name, stores }: Pick<StageState, 'name' | 'stores'>): Store {
  const store = stores.find(({ buckets }) => buckets)
  if (!store) throw new CommandError(`stage ${name} has no buckets to move`)
  return store
}

/** Of each shard. */
export function writersOf(stage: Stage, store: Store): Promise<Writer[]> {
  return Promise.all(shardNames(stage, store).map((shard) => writerOf(stage, store, shard)))
}

export function shardNames(stage: Stage, store: Store): string[] {
  return [...new Set(databasesOf(stage, store).map(({ shard }) => shard))]
}

/** The server that takes a shard's writes; one that has none is asked by its first server. */
export async function writerOf(stage: Stage, store: Store, shard: string): Promise<Writer> {
  const servers = databasesOf(stage, store).filter((one) => one.shard === shard)
  const keeper = keeperOf(stage, store)
  const roles = keeper && (await rolesNow(keeper.port, shard).catch(() => undefined))
  const found = servers.find(({ name }) => name === roles?.primary) ?? servers[0]
  return { shard, server: found?.name ?? '', url: found?.url ?? '' }
}

/** All of them, as an app is told of them. */
export function serversOf(stage: Stage, store: Store): DatabaseAddress[] {
  return databasesOf(stage, store).map(({ name, url, shard }) => ({ ...parseDatabaseUrl(name, url), shard }))
}

/** Who says which server of a shard takes the writes, where that is somebody's to say. */
export function keeperUrlOf(stage: Stage, store: Store): string | undefined {
  const keeper = keeperOf(stage, store)
  return keeper && `http://127.0.0.1:${keeper.port}`
}

function keeperOf({ programs }: Stage, { failover }: Store) {
  return programs.find(({ name }) => name === failover)
}

function databasesOf({ databases }: Stage, { servers }: Store): StageState['databases'][number][] {
  return databases.filter(({ name }) => servers.includes(name))
}
