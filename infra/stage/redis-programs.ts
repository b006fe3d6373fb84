/** The servers of a Redis, alone, watched by Sentinels or in a Cluster, and how an app is told of them. */
import { busOf, type Common, type Ports, placeOf, portNamed, serversOf } from './placement.ts'
import type { AnyRedis, Host, Redis, RedisCluster, RedisRole } from './topology.ts'

/** `group` is the name that Sentinels and apps know the primary and its replicas by; which of them is primary is not in the plan. */
export type RedisProgram = Common & {
  readonly kind: 'redis'
  readonly role: RedisRole
  readonly group: string
  /** Set where it is a node of a Cluster. */
  readonly cluster?: ClusterPlace
}
/** `shard`: those of one number replace one another. The nodes of a Cluster speak to each other on ports of their own. */
export type ClusterPlace = { readonly shard: number; readonly busPort: number }
/** `quorum`: so many Sentinels must agree that the primary is gone. */
export type SentinelProgram = Common & {
  readonly kind: 'sentinel'
  readonly role: RedisRole
  readonly group: string
  readonly quorum: number
}
/** Names of programs. Where Sentinels watch the group they say who its primary is; the servers of a Cluster know it themselves. */
export type RedisAddress = {
  readonly group: string
  readonly servers: readonly string[]
  readonly sentinels: readonly string[]
  readonly isCluster: boolean
}

/** All servers start at once: which is the primary is known only when they have run before. */
export function redisPrograms({ name: group, role, hosts, sentinels }: Redis, ports: Ports): (RedisProgram | SentinelProgram)[] {
  const place = (host: Host) => placeOf({ name: host.name, host }, ports)
  const servers = hosts.map((host) => ({ ...place(host), kind: 'redis' as const, role, group, after: [] }))
  const quorum = Math.floor(sentinels.length / 2) + 1
  const after = servers.map(({ name }) => name)
  return [...servers, ...sentinels.map((host) => ({ ...place(host), kind: 'sentinel' as const, role, group, quorum, after }))]
}

/** They start at once, as each of them knows all the others from its own file. */
export function clusterPrograms(box: RedisCluster, ports: Ports): RedisProgram[] {
  return serversOf(box).map((host) => {
    const shard = box.shards.findIndex((servers) => servers.includes(host)) + 1
    const cluster = { shard, busPort: portNamed(busOf(host.name), ports) }
    const place = placeOf({ name: host.name, host }, ports)
    return { ...place, kind: 'redis', role: box.role, group: box.name, after: [], cluster }
  })
}

export function redisAddress(box: AnyRedis): RedisAddress {
  const isCluster = box.kind === 'redis-cluster'
  const [servers, sentinels] = isCluster ? [serversOf(box), []] : [box.hosts, box.sentinels]
  return { group: box.name, servers: namesOf(servers), sentinels: namesOf(sentinels), isCluster }
}

function namesOf(hosts: readonly Host[]): string[] {
  return hosts.map(({ name }) => name)
}
