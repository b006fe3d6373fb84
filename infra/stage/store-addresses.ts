import type { App, Box, BUCKETS, Buckets, Module, Mysql, Store } from './topology.ts'

/** Names of programs; the first server, of a shard too, takes the writes until the failover, if there is one, says otherwise. */
export type StoreAddress = {
  readonly name: string
  readonly servers: readonly string[]
  readonly failover?: string
  /** So many are spread over the servers. */
  readonly buckets?: typeof BUCKETS
}

/** A store for each module that has rows. */
export type StoreAddresses = Readonly<Partial<Record<Module, StoreAddress>>>

export function storesOf(data: App['data']): StoreAddresses {
  return Object.fromEntries(Object.entries(data).map(([module, store]) => [module, storeAddress(store)]))
}

export function storeNames(data: StoreAddresses): Partial<Record<Module, string>> {
  return Object.fromEntries(Object.entries(data).map(([module, { name }]) => [module, name]))
}

/** A store, and the modules whose rows are in it. */
export type HeldStore = StoreAddress & { readonly holds: readonly Module[] }

type Holder = { readonly modules: readonly Module[]; readonly data: StoreAddresses }

/** Of all apps; those of copies are the same. */
export function heldStores(apps: readonly Holder[]): HeldStore[] {
  const held = apps.flatMap(({ modules, data }) =>
    modules.flatMap((module) => {
      const store = data[module]
      return store ? [{ module, store }] : []
    }),
  )
  return [...Map.groupBy(held, ({ store }) => store.name).values()].flatMap((uses) => {
    const [first] = uses
    return first ? [{ ...first.store, holds: [...new Set(uses.map(({ module }) => module))] }] : []
  })
}

/** All that has to be there before the store can be used. */
export function boxesOfStore(store: Store): Box[] {
  if (store.kind === 'mysql') return [store]
  return store.kind === 'buckets' ? [...serversOf(store), store] : [store.primary, ...store.replicas, store]
}

export function storeAddress(store: Store): StoreAddress {
  const named = (servers: readonly Mysql[]) => ({ name: store.name, servers: servers.map(({ name }) => name) })
  switch (store.kind) {
    case 'mysql':
      return named([store])
    case 'failover':
      return { ...named([store.primary, ...store.replicas]), failover: store.name }
    case 'buckets':
      return { ...named(serversOf(store)), ...(store.keeper && { failover: store.keeper.name }), buckets: store.count }
  }
}

function serversOf({ on }: Buckets): Mysql[] {
  return on.flatMap(({ servers }) => servers)
}
