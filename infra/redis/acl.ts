/** Who may do what on a Redis: every user has the keys, commands and channels that its work needs, and the user `default` is off. */
import { createHash } from 'node:crypto'
import type { RedisClient } from '../stage/redis-clients.ts'
import type { RedisRole } from '../stage/topology.ts'
import { allow, commandsOf, KEY_PREFIXES, rightsOf } from './rights.ts'

/** https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/#acl-rules-for-sentinel-and-replicas */
const REPLICATION_COMMANDS = ['psync', 'replconf', 'ping']
const SENTINEL_COMMANDS = [
  ...['multi', 'exec', 'slaveof', 'ping', 'subscribe', 'config|rewrite', 'role', 'publish', 'info'],
  ...['client|setname', 'client|kill', 'script|kill'],
]
/** On which Sentinels find one another, and on which they tell of a new primary. */
const HELLO_CHANNEL = '__sentinel__:hello'
const SWITCH_CHANNEL = '+switch-master'

/** Where the keys are, and to follow one that is on its way to another node. */
const CLUSTER_COMMANDS = ['cluster|nodes', 'asking']

/** One of the shop's services: what runs in it reads, writes and counts; it cannot empty, list, save or set up the server. */
export function serviceUser({ service, parts }: RedisClient, role: RedisRole, password: string): string {
  return user(service, password, rightsOf(role, parts))
}

/** The same on a node of a Cluster. */
export function serviceUserOfCluster(client: RedisClient, role: RedisRole, password: string): string {
  return [serviceUser(client, role, password), ...allow(CLUSTER_COMMANDS)].join(' ')
}

/** All services in one, for tests of what runs in any of them, with keys of their own below the roles. */
export function shopUser(roles: readonly RedisRole[], password: string): string {
  const keys = roles.map((role) => `~${KEY_PREFIXES[role]}*`)
  const channels = roles.includes('events') ? [`&${KEY_PREFIXES.events}*`] : []
  return user('shop', password, [...keys, ...channels, ...allow(roles.flatMap(commandsOf))])
}

export function shopUserOfCluster(roles: readonly RedisRole[], password: string): string {
  return [shopUser(roles, password), ...allow(CLUSTER_COMMANDS)].join(' ')
}

/** Of the laboratory: drills break things on purpose, so it may do everything. */
export function labUser(password: string): string {
  return user('lab', password, ['~*', '&*', '+@all'])
}

/** A replica logs in as this to its primary; it sees all data by that, and can do nothing else. */
export function replicationUser(password: string): string {
  return user('replication', password, allow(REPLICATION_COMMANDS))
}

/** A Sentinel on the servers that it watches: it asks how they are and makes one of them the primary. It sees no data. */
export function sentinelUser(password: string): string {
  return user('sentinel', password, [`&${HELLO_CHANNEL}`, ...allow(SENTINEL_COMMANDS)])
}

/** A service on a Sentinel: who is primary, and news of it. */
export function serviceUserOfSentinel(service: string, password: string): string {
  const commands = ['hello', 'auth', 'ping', 'subscribe', 'sentinel|get-master-addr-by-name']
  return user(service, password, [`&${SWITCH_CHANNEL}`, ...allow(commands)])
}

/** A Sentinel on another one: their votes. */
export function sentinelUserOfSentinel(password: string): string {
  const commands = ['ping', 'client|setname', 'publish', 'sentinel|is-master-down-by-addr']
  return user('sentinel', password, [`&${HELLO_CHANNEL}`, ...allow(commands)])
}

/**
 * Nobody can be `default`, but it has all rights: a server that loads its append-only file does so as this user, and leaves out
 * without a word each script and transaction that this user may not run (redis/redis#14541, valkey-io/valkey#3983).
 */
export const DEFAULT_USER_OFF = 'user default off resetpass ~* &* +@all'

/** The configuration holds a hash of the password, so that reading it is not enough to log in. */
function user(name: string, password: string, rules: readonly string[]): string {
  const hash = createHash('sha256').update(password).digest('hex')
  return ['user', name, 'on', `#${hash}`, 'resetkeys', 'resetchannels', '-@all', ...rules].join(' ')
}
