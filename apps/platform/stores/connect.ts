/** Where each module keeps its rows: a server, a group with a keeper, or buckets over servers, as the stage's page says. */
import type { AppDocument, StoreConfig } from '../../../infra/stage/app-document.ts'
import type { Settings } from '../../../infra/stage/settings.ts'
import type { Module } from '../../../infra/stage/topology.ts'
import { connectDatabase, type Databases, oneDatabase } from '../mysql/database.ts'
import { replicatedDatabases } from '../mysql/replicated.ts'
import { type Store, undividedStore } from '../mysql/store.ts'
import type { RedisClient } from '../redis/client.ts'
import { bucketedStore } from './bucketed-store.ts'

/** The store of each module that runs here; several may have the same. */
export type Stores = Readonly<Partial<Record<Module, Store>>>

export function storeOf(stores: Stores, module: Module): Store {
  const store = stores[module]
  if (!store) throw new Error(`nobody says where the rows of ${module} are`)
  return store
}

type StoresConfig = Pick<AppDocument, 'name' | 'stores' | 'data'> & { readonly settings: Settings }

/** `state` is the Redis in which the apps tell each other what was written. */
export async function connectStores(config: StoresConfig, state: RedisClient | undefined): Promise<Stores> {
  const opened = new Map<string, Promise<Store>>()
  const open = (name: string): Promise<Store> => {
    const store = opened.get(name) ?? connectStore(name, config, state)
    opened.set(name, store)
    return store
  }
  const stores = Object.entries(config.data).map(async ([module, name]) => [module, await open(name)] as const)
  return Object.fromEntries(await Promise.all(stores))
}

export async function closeStores(stores: Stores): Promise<void> {
  await Promise.all([...new Set(Object.values(stores))].map((store) => store.close()))
}

async function connectStore(
  name: string,
  { name: app, stores, settings }: StoresConfig,
  state: RedisClient | undefined,
): Promise<Store> {
  const config = stores[name]
  if (!config) throw new Error(`there is no store ${name}`)
  const { queryDelayMs, giveUpSilent } = settings
  const options = { queryDelayMs, keeperUrl: config.keeperUrl, givesUpSilent: giveUpSilent === 'on' }
  if (config.buckets) return bucketedStore(name, config.servers, options)
  return undividedStore(name, await databasesOf(config, { app, settings, state }))
}

type Surroundings = { readonly app: string; readonly settings: Settings; readonly state: RedisClient | undefined }

/** One database, or several where a keeper says who is who. */
async function databasesOf({ servers, keeperUrl }: StoreConfig, { app, settings, state }: Surroundings): Promise<Databases> {
  const [first] = servers
  if (!first) throw new Error('a store needs a server')
  if (keeperUrl === undefined) return oneDatabase(connectDatabase(first, settings.queryDelayMs))
  return replicatedDatabases({ name: app, servers, settings, keeperUrl }, state)
}
