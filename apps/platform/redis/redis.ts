/** The shop's connections to Redis, one to each role. They never make a request wait for long, and never fail silently. */
import { once } from 'node:events'
import { Redis } from 'ioredis'
import type { RedisAddress } from '../../../infra/stage/app-document.ts'
import { logLine } from '../process/log.ts'
import { BoundedRedis, type Bounds, type Options } from './bounded.ts'
import type { RedisClient } from './client.ts'
import { ClusterRedis } from './cluster.ts'
import { reportChanges, reportRefusals } from './reports.ts'
import { watchFailovers } from './sentinel-watch.ts'
import { addressOf } from './slot-map.ts'

/** Undefined where the stage has none. */
export type RedisAddresses = { readonly cache?: RedisAddress; readonly state?: RedisAddress }
export type RedisClients = { readonly cache?: RedisClient; readonly state?: RedisClient }

/** Without the cache a page costs one query more: nothing to wait for. A dead one is tried again twice a second. */
const CACHE_BOUNDS = { deadlineMs: 150, retryMs: 500 }
/** Without `state` people are sent away: worth half a second, and a new primary is looked for at once. */
const STATE_BOUNDS = { deadlineMs: 500, retryMs: 100 }
/** Consumers wait there for what is new, for half a second at a time. */
const EVENTS_BOUNDS = { deadlineMs: 1_500, retryMs: 100 }

/** An app that starts waits so long at the most for its first connections: it can do without them. */
const FIRST_CONNECTION_MS = 1_000

/** Both that the configuration names, connected if they can be reached. */
export async function connectRedis({ cache, state }: RedisAddresses): Promise<RedisClients> {
  const clients = {
    ...(cache && { cache: connectAny(CACHE_BOUNDS, cache) }),
    ...(state && { state: connectAny(STATE_BOUNDS, state) }),
  }
  await Promise.all(Object.values(clients).map(firstConnection))
  return clients
}

export function closeRedis({ cache, state }: RedisClients): void {
  cache?.close()
  state?.close()
}

/** One server, or the one that Sentinels name. */
export function connectCache(address: RedisAddress, report?: Report): BoundedRedis {
  return connect({ name: address.name, ...CACHE_BOUNDS }, address, report)
}

export function connectState(address: RedisAddress, report?: Report): BoundedRedis {
  return connect({ name: address.name, ...STATE_BOUNDS }, address, report)
}

/** For one consumer, as what it waits for keeps all else on the connection waiting. */
export function connectEvents(address: RedisAddress, report?: Report): BoundedRedis {
  return connect({ name: address.name, ...EVENTS_BOUNDS }, address, report)
}

/** For Pub/Sub: whoever has it subscribes with each `ready`, and looks what was told in the meantime. */
export function connectSubscriber(address: RedisAddress): Redis {
  const { deadlineMs, retryMs } = EVENTS_BOUNDS
  const own = { connectTimeout: deadlineMs, retryStrategy: () => retryMs, autoResubscribe: false, enableOfflineQueue: false }
  const subscriber = new Redis({ ...optionsOf(address, EVENTS_BOUNDS), ...own, maxRetriesPerRequest: 0, disableClientInfo: true })
  subscriber.on('error', () => {}) // It tries again.
  return subscriber
}

export function connectCacheCluster(address: RedisAddress, report?: Report): ClusterRedis {
  return connectCluster({ name: address.name, ...CACHE_BOUNDS }, address, report)
}

export function connectStateCluster(address: RedisAddress, report?: Report): ClusterRedis {
  return connectCluster({ name: address.name, ...STATE_BOUNDS }, address, report)
}

function connectAny(limits: Omit<Bounds, 'name'>, address: RedisAddress): RedisClient {
  const bounds = { name: address.name, ...limits }
  return address.reach === 'cluster' ? connectCluster(bounds, address) : connect(bounds, address)
}

type Report = (line: string) => void

const toLog: Report = (line) => logLine(40, line)

/** Each node is told of by its own name. */
function connectCluster(bounds: Bounds, address: RedisAddress, report: Report = toLog): ClusterRedis {
  const seeds = new Map(address.hosts.map((host) => [addressOf(host), host.name]))
  return new ClusterRedis(bounds, [...seeds.keys()], (node) => {
    const [host = '', port] = node.split(/:(?=\d+$)/)
    const name = seeds.get(node) ?? `${bounds.name} at ${node}`
    return connect({ ...bounds, name }, { ...address, hosts: [{ host, port: Number(port) }], reach: 'server' }, report)
  })
}

function connect(bounds: Bounds, address: RedisAddress, report = toLog): BoundedRedis {
  const client = new BoundedRedis(bounds, optionsOf(address, bounds))
  reportChanges(client, bounds.name, report)
  reportRefusals(client, bounds.name, report)
  if (address.reach === 'sentinels') watchFailovers(client, address)
  return client
}

function firstConnection(client: RedisClient): Promise<unknown> {
  const signal = AbortSignal.timeout(FIRST_CONNECTION_MS)
  return once(client, 'ready', { signal }).catch(() => {})
}

/** For what brings its own way to speak with Redis. */
export function optionsOf(
  { name, user, password, hosts, reach, database }: RedisAddress,
  { deadlineMs }: Pick<Bounds, 'deadlineMs'>,
): Options {
  const login = { username: user, password, db: database }
  if (reach === 'server') return { ...login, host: hosts[0]?.host, port: hosts[0]?.port }
  return {
    ...login,
    name,
    sentinels: hosts.map(({ host, port }) => ({ host, port })),
    sentinelUsername: user,
    sentinelPassword: password,
    // One Sentinel that hangs must not keep us from asking the next.
    sentinelCommandTimeout: deadlineMs,
    sentinelRetryStrategy: () => deadlineMs,
    // Those of the configuration are all there are.
    updateSentinels: false,
    // A server that was made a replica answers so: time to look for the primary. The command is not sent again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  }
}
