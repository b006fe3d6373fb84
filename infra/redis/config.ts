/** The configuration of a Redis by its role, each line with its why. The six decisions that are easily forgotten are numbered in it. */
import { LOOPBACK } from '../stage/address.ts'
import type { RedisRole } from '../stage/topology.ts'

export type ServerOptions = {
  readonly role: RedisRole
  readonly port: number
  /** On which of its host's addresses it listens; on its loopback unless given. */
  readonly listenOn?: string
  /** By which name the others find it; unless given, by the address that it comes from. */
  readonly hostName?: string
  /** For its data, and for this configuration, which a failover rewrites. */
  readonly folder: string
  /** Lines that name users; see acl.ts. */
  readonly users: readonly string[]
  /** Set where the server is one of several: what it needs to be a replica, now or after a failover. */
  readonly group?: GroupOptions
  /** Set where it is a node of a Cluster, which then says who replicates whom. */
  readonly cluster?: ClusterOptions
}

export type ClusterOptions = {
  /** On which the nodes speak to each other. */
  readonly busPort: number
}

/** In the folder of a node. */
export const NODES_FILE = 'nodes.conf'

export type GroupOptions = {
  /** Copies of the data besides the primary's. */
  readonly replicas: number
  readonly replicationPassword: string
  /** The primary; absent on the primary itself, and in a Cluster. */
  readonly replicaOf?: { readonly host: string; readonly port: number }
}

/** Well above what a stage's data takes. A cache that is full forgets; `state` that is full takes no more. */
export const MAXMEMORY_MB: Readonly<Record<RedisRole, number>> = { cache: 64, state: 128, events: 128 }

export function redisConfig(options: ServerOptions): string {
  const { role, users, group, cluster, hostName } = options
  const lines = [
    ...everyServer(options),
    ...DECISIONS[role],
    ...(cluster ? IN_A_CLUSTER[role] : ALONE[role]),
    ...(group ? replication(group) : []),
    ...(cluster ? clusterNode(cluster) : []),
    ...(hostName === undefined ? [] : named(hostName, cluster !== undefined)),
    '# Who may do what.',
    ...users,
  ]
  return `${lines.join('\n')}\n`
}

function everyServer({ role, port, folder, listenOn = LOOPBACK }: ServerOptions): string[] {
  return [
    '# Only this machine can reach it, or who is in a network of its container.',
    `bind ${listenOn}`,
    'protected-mode yes',
    `port ${port}`,
    `dir "${folder.replaceAll(/["\\]/g, '\\$&')}"`,
    '# The process and its log belong to who started it.',
    'daemonize no',
    'logfile ""',
    '# Nobody may load code into it, stop it to look inside, or change where it writes.',
    'enable-debug-command no',
    'enable-module-command no',
    'enable-protected-configs no',
    '# More clients than all apps together is a bug that should show as an error.',
    'maxclients 500',
    '# A client that vanished without a word is noticed within a minute or two.',
    'tcp-keepalive 30',
    '# What a client asked for and does not take is dropped with its connection before it fills the memory.',
    'client-output-buffer-limit normal 16mb 8mb 10',
    '# Decision 3, memory limit: without one Redis grows until the system kills it.',
    `maxmemory ${MAXMEMORY_MB[role]}mb`,
  ]
}

const DECISIONS: Readonly<Record<RedisRole, readonly string[]>> = {
  cache: [
    '# Decision 1, invalidation: who changes a product replaces or deletes its entry; nothing to set here.',
    '# Decision 2, expiration: every key is written with a lifetime, so that a missed invalidation ends by itself.',
    '# What has expired is freed in the background, not while a request waits.',
    'lazyfree-lazy-expire yes',
    'lazyfree-lazy-eviction yes',
    'lazyfree-lazy-user-del yes',
    '# Decision 5, persistence: none. It fills from MySQL again, and yesterday’s page is worse than none.',
    'save ""',
    'appendonly no',
  ],
  state: [
    '# Decision 1, invalidation: nothing here is a copy of something else, so there is nothing to invalidate.',
    '# Decision 2, expiration: sessions and counters are written with their lifetime, and freed in the background.',
    'lazyfree-lazy-expire yes',
    'lazyfree-lazy-user-del yes',
    '# Decision 4, eviction: never. No session goes to make room for another; when it is full, writes are refused and reads go on.',
    'maxmemory-policy noeviction',
    '# Decision 5, persistence: each write is appended to a file that is forced to disk once a second. A crash of the machine costs',
    '# that second, a crash of Redis alone nothing. Forcing each write to disk would make every request wait for the disk.',
    'appendonly yes',
    'appendfsync everysec',
    '# When the file is rewritten it starts with a snapshot, which loads quicker. Snapshots of its own would only fork once more.',
    'aof-use-rdb-preamble yes',
    'save ""',
  ],
  events: [
    '# Decision 1, invalidation: what happened stays so; nothing here is a copy that could become wrong.',
    '# Decision 2, expiration: none. Entries are trimmed by age and number, and never before every group of consumers is done with them.',
    'lazyfree-lazy-user-del yes',
    '# Decision 4, eviction: never. When it is full, events wait in the outbox, in MySQL, until there is room.',
    'maxmemory-policy noeviction',
    '# Decision 5, persistence: the second that a crash of the machine costs the outbox sends again; the jobs of that second are lost.',
    'appendonly yes',
    'appendfsync everysec',
    'aof-use-rdb-preamble yes',
    'save ""',
  ],
}

const ALONE: Readonly<Record<RedisRole, readonly string[]>> = {
  cache: [
    '# Decision 4, eviction: what was not read for the longest time goes first, whatever it is; MySQL has it all.',
    'maxmemory-policy allkeys-lru',
    '# Decision 6, high availability: none. Without it the shop is slower, not down; a replica would cost as much as the cache.',
  ],
  state: ['# Decision 6, high availability: a replica, and Sentinels that promote it.'],
  events: ['# Decision 6, high availability: a replica, and Sentinels that promote it; what it lacks the outbox sends again.'],
}

const IN_A_CLUSTER: Readonly<Record<RedisRole, readonly string[]>> = {
  cache: [
    '# Decision 4, eviction: what is read least often goes first; MySQL has it all. How often is counted for each key: OBJECT FREQ.',
    'maxmemory-policy allkeys-lfu',
    '# Decision 6, high availability: none. Of a server that is gone the keys are missing, and those of the others are there.',
  ],
  state: [
    '# Decision 6, high availability: each master has a replica, and the masters that are left agree when it takes over. As with',
    '# Sentinels, what the replica has not received yet is lost with its master: up to a second of log-ins, and never a log-out.',
  ],
  events: ['# Decision 6, high availability: each master has a replica; what it lacks the outbox sends again.'],
}

/**
 * Silence of this length is an outage, in milliseconds: longer than a pause of a host with a seventh of a CPU. The replica asks for votes
 * half a second to a second later. An app gives a connection up that has been silent for so long: before another takes over its keys.
 */
const NODE_TIMEOUT_MS = 1_000

function clusterNode({ busPort }: ClusterOptions): string[] {
  return [
    '# A node of a Cluster. Who has which slots is in a file that it rewrites itself.',
    'cluster-enabled yes',
    `cluster-config-file ${NODES_FILE}`,
    '# The nodes speak to each other here; without this line 10,000 above its port.',
    `cluster-port ${busPort}`,
    '# Silence of this length, in milliseconds, is an outage; and a master that reaches no majority for so long takes no more writes.',
    `cluster-node-timeout ${NODE_TIMEOUT_MS}`,
    '# One shard that is gone does not take the others with it.',
    'cluster-require-full-coverage no',
    '# A replica stays with the shard that it was given.',
    'cluster-allow-replica-migration no',
  ]
}

/** Its address may be another after each start. */
function named(hostName: string, isNode: boolean): string[] {
  const lines = isNode
    ? [`cluster-announce-hostname ${hostName}`, 'cluster-preferred-endpoint-type hostname']
    : [`replica-announce-ip ${hostName}`]
  return ['# The others and its clients know it by its name.', ...lines]
}

function replication({ replicas, replicationPassword, replicaOf }: GroupOptions): string[] {
  return [
    ...(replicaOf === undefined ? [] : [`replicaof ${replicaOf.host} ${replicaOf.port}`]),
    'masteruser replication',
    `masterauth ${replicationPassword}`,
    '# A replica only follows: what was written to it alone would be gone at the next failover.',
    'replica-read-only yes',
    '# A first copy is sent as it is made, at once: no file between, and no wait for a second replica.',
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    '# After a short break a replica catches up from this; more than a busy minute writes.',
    'repl-backlog-size 8mb',
    '# A link without a sign of life is cut after a few seconds, not after a minute.',
    'repl-ping-replica-period 1',
    'repl-timeout 5',
    '# A primary that was cut off from its replicas takes no more writes: they would be lost when another one is promoted.',
    '# One replica may always be missing, or the loss of any single host would stop the writes; with one replica the guard is off.',
    `min-replicas-to-write ${Math.max(0, replicas - 1)}`,
    'min-replicas-max-lag 3',
  ]
}
