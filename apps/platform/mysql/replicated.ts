import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import type { Settings } from '../../../infra/stage/settings.ts'
import { logLine } from '../process/log.ts'
import type { RedisClient } from '../redis/client.ts'
import { type Database, type Databases, databaseOn } from './database.ts'
import { type DatabaseGroup, databaseGroup } from './group.ts'
import type { DatabaseHost } from './host.ts'
import { type Replica, readAnything, readYourWrites } from './read-your-writes.ts'
import { followRoles } from './roles.ts'
import { type Route, routedPool } from './routed-pool.ts'
import { noPositions, writtenPositions } from './written-positions.ts'

export type ReplicatedConfig = {
  /** Of this copy of the app. */
  readonly name: string
  /** The first is the primary, until the keeper says otherwise. */
  readonly servers: readonly DatabaseAddress[]
  readonly keeperUrl: string
  readonly settings: Settings
}

/** Without the keeper's word by then the app starts with the primary that it was given. */
const FIRST_ROLES_MS = 3_000
/** Longer than a keeper that watches needs to answer where nothing changes (10 s). */
const WATCHED_MS = 15_000
/** Time for the keeper to see that a replica lags, and for the apps to hear of it. */
const NOTICE_MS = 4_000

/** A primary that takes the writes, and replicas that answer reads. Who is who may change at any time: the keeper says it. */
export async function replicatedDatabases(config: ReplicatedConfig, state: RedisClient | undefined): Promise<Databases> {
  const group = databaseGroup(config.servers, config.settings.queryDelayMs)
  const connect = (route: Route) => databaseOn(routedPool(route))
  const [writes, reads] = [connect(group.writers), connect(group.readers)]
  const replicas = new Map(group.hosts.map((host) => [host, replicaOn(host, group, connect)]))
  const keeper = followRoles(config.keeperUrl, (roles) => {
    if (group.apply(roles)) fresh.forget()
  })
  const fresh = readYourWrites({
    writes,
    reads,
    ...positionsIn(config, state),
    replicas: () => group.replicas().flatMap((host) => replicas.get(host) ?? []),
    flavour: group.flavour,
    isWatched: () => keeper.silenceMs() < WATCHED_MS,
  })
  if (!(await keeper.heard(FIRST_ROLES_MS)))
    logLine(40, `no word from the keeper yet: ${config.servers[0]?.name} is taken for the primary`)
  return {
    writes,
    reads,
    ...(config.settings.readYourWrites === 'on' ? fresh : readAnything(reads, fresh)),
    async close() {
      await keeper.stop()
      group.drop()
    },
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
