import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import type { Settings } from '../../../infra/stage/settings.ts'
import type { RedisClient } from '../redis/client.ts'
import { type Database, type Databases, databaseOn } from './database.ts'
import { followedGroup } from './followed-group.ts'
import type { DatabaseGroup } from './group.ts'
import type { DatabaseHost } from './host.ts'
import { type Replica, readAnything, readYourWrites } from './read-your-writes.ts'
import { type Route, routedPool } from './routed-pool.ts'
import { noPositions, writtenPositions } from './written-positions.ts'

export type ReplicatedConfig = {
  /** Of this copy of the app. */
  readonly name: string
  readonly servers: readonly DatabaseAddress[]
  readonly keeperUrl: string
  readonly settings: Settings
}

/** Longer than a keeper that watches needs to answer where nothing changes (10 s). */
const WATCHED_MS = 15_000
/** Time for the keeper to see that a replica lags, and for the apps to hear of it. */
const NOTICE_MS = 4_000

/** A primary that takes the writes, and replicas that answer reads. Who is who may change at any time: the keeper says it. */
export async function replicatedDatabases(config: ReplicatedConfig, state: RedisClient | undefined): Promise<Databases> {
  const { name: _, settings, ...address } = config
  const followed = followedGroup(address, { queryDelayMs: settings.queryDelayMs }, () => fresh.forget())
  const { group } = followed
  const connect = (route: Route) => databaseOn(routedPool(route))
  const [writes, reads] = [connect(group.writers), connect(group.readers)]
  const replicas = new Map(group.hosts.map((host) => [host, replicaOn(host, group, connect)]))
  const fresh = readYourWrites({
    writes,
    reads,
    ...positionsIn(config, state),
    replicas: () => group.replicas().flatMap((host) => replicas.get(host) ?? []),
    flavour: group.flavour,
    lastCommit: () => group.writers()[0]?.lastCommit(),
    isWatched: () => followed.silenceMs() < WATCHED_MS,
  })
  await followed.heard()
  return {
    writes,
    reads,
    isWritable: () => group.writers().length > 0,
    ...(settings.readYourWrites === 'on' ? fresh : readAnything(reads, fresh)),
    close: followed.close,
  }
}

function replicaOn(host: DatabaseHost, group: DatabaseGroup, connect: (route: Route) => Database): Replica {
  return { name: host.name, database: connect(() => [host, ...group.writers()]), itself: connect(() => [host]) }
}

function positionsIn({ name, settings }: ReplicatedConfig, state: RedisClient | undefined) {
  const quarantineMs = settings.replicaLagLimitMs + NOTICE_MS
  const rememberedMs = quarantineMs + WATCHED_MS
  return { rememberedMs, written: state ? writtenPositions(state, name, { rememberedMs, quarantineMs }) : noPositions() }
}
