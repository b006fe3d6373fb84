/**
 * The shards of a store as this process knows them: at first by its configuration, then by what the servers themselves say. So a shard
 * that was added is found by whoever knows one of the others, and nobody is started again for it.
 */
import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { ShopError } from '../http/errors.ts'
import { databaseOn } from '../mysql/database.ts'
import { followedGroup } from '../mysql/followed-group.ts'
import { type DatabaseHost, databaseHost, type HostOptions } from '../mysql/host.ts'
import { routedPool } from '../mysql/routed-pool.ts'
import { type BucketRow, type BucketsTables, type ServerRow, selectBuckets, selectServers } from './queries.ts'

export type ShardOptions = Omit<HostOptions, 'takesPackets'> & {
  /** Who says which server of a shard takes the writes; without it each shard is one server. */
  readonly keeperUrl?: string | undefined
}

/** By the name in the rows of buckets: one server, or the one of several that takes the writes now. */
export type Shard = DatabaseHost & {
  readonly servers: readonly DatabaseAddress[]
  writer(): DatabaseAddress | undefined
}

export type Shards = {
  /** Changes as the servers say what there is. */
  readonly hosts: ReadonlyMap<string, Shard>
  /** How each is asked what it knows of the buckets; it says too which servers there are. */
  readonly questions: ReadonlyMap<string, () => Promise<BucketRow[]>>
  /** Returns when it is known of each which server takes its writes, or that takes too long. */
  heard(): Promise<void>
  close(): Promise<void>
}

type Opened = Shard & { heard(): Promise<void>; close(): Promise<void> }

export function openShards(addresses: readonly DatabaseAddress[], options: ShardOptions = {}): Shards {
  const hosts = new Map<string, Opened>()
  const questions = new Map<string, () => Promise<BucketRow[]>>()
  let version = 0
  const ownersIn = addresses[0]?.database ?? ''
  const open = (name: string, servers: readonly DatabaseAddress[]) => {
    const shard = openShard(name, servers, options)
    hosts.set(name, shard)
    questions.set(name, async () => {
      const database = databaseOn<BucketsTables>(routedPool(() => [shard]))
      const rows = await selectBuckets(database, ownersIn)
      hear(await selectServers(database, ownersIn))
      return rows
    })
  }
  const forget = (name: string) => {
    void hosts.get(name)?.close()
    hosts.delete(name)
    questions.delete(name)
  }
  /** The newest list counts, whoever has it. */
  const hear = (rows: readonly ServerRow[]) => {
    const newest = rows[0]?.version ?? 0
    if (newest <= version) return
    version = newest
    const now = byShard(addressesOf(rows, addresses))
    for (const [name, servers] of now) if (!isSame(hosts.get(name)?.servers, servers)) reopen(name, servers)
    for (const name of [...hosts.keys()]) if (!now.has(name)) forget(name)
  }
  const reopen = (name: string, servers: readonly DatabaseAddress[]) => {
    void hosts.get(name)?.close()
    open(name, servers)
  }
  for (const [name, servers] of byShard(addresses)) open(name, servers)
  return {
    hosts,
    questions,
    heard: async () => void (await Promise.all([...hosts.values()].map((shard) => shard.heard()))),
    close: async () => void (await Promise.all([...hosts.values()].map((shard) => shard.close()))),
  }
}

function byShard(addresses: readonly DatabaseAddress[]): Map<string, readonly DatabaseAddress[]> {
  return Map.groupBy(addresses, ({ name, shard }) => shard ?? name)
}

/** User and password are the same everywhere. */
function addressesOf(rows: readonly ServerRow[], [known]: readonly DatabaseAddress[]): DatabaseAddress[] {
  return known ? rows.map(({ name, shard, host, port }) => ({ ...known, name, shard, host, port })) : []
}

/** The names by which this process reaches them are its own. */
function isSame(known: readonly DatabaseAddress[] | undefined, servers: readonly DatabaseAddress[]): boolean {
  const spelt = (some: readonly DatabaseAddress[]) => JSON.stringify(some.map(({ name, port }) => `${name} ${port}`).toSorted())
  return known !== undefined && spelt(known) === spelt(servers)
}

function openShard(
  name: string,
  servers: readonly DatabaseAddress[],
  { keeperUrl, givesUpSilent = true, ...pool }: ShardOptions,
): Opened {
  const options = { ...pool, takesPackets: true }
  const [only, ...others] = servers
  if (keeperUrl === undefined && only && others.length === 0)
    return single(only, databaseHost(only, { ...options, givesUpSilent }))
  if (keeperUrl === undefined) throw new Error(`${name} is several servers, and nobody says which of them takes the writes`)
  const followed = followedGroup({ servers, keeperUrl, of: name }, options)
  const writer = () => followed.group.writers()[0]
  const heard = followed.heard()
  return {
    name,
    servers,
    writer: () => servers.find((one) => one.name === writer()?.name),
    heard: () => heard,
    async connect() {
      if (!writer()) await heard
      const host = writer()
      if (!host) throw new ShopError('UNAVAILABLE', `no server of ${name} takes writes`, { retryAfterS: 1 })
      return host.connect()
    },
    lastCommit: () => undefined,
    skip: () => undefined,
    isSkipped: () => false,
    drop: () => void followed.close(),
    close: followed.close,
  }
}

function single(server: DatabaseAddress, host: DatabaseHost): Opened {
  const close = async () => host.drop()
  return { ...host, servers: [server], writer: () => server, heard: async () => undefined, close }
}
