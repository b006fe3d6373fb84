/**
 * The vocabulary of stages. A stage is data: each box is a variable, each arrow is a reference from one box to another.
 * The same object starts local processes, draws the picture and names the hosts in reports; nothing else knows a stage's number.
 */
import type { Settings, StageSettings } from './settings.ts'

/** A machine. Programs placed on the same host share its size (CPU). A box that names none gets a host of its own. */
export type Host = { readonly kind: 'host'; readonly name: string }

export type Module = 'users' | 'products' | 'orders' | 'payments'
export const ALL_MODULES: readonly Module[] = ['users', 'products', 'orders', 'payments']

/** A MySQL or MariaDB server. A replica starts as a copy of another one; who takes writes later is for the failover to say. */
export type Mysql = { readonly kind: 'mysql'; readonly name: string; readonly host: Host; readonly replicaOf?: Mysql }

/** Watches a primary and its replicas, tells the apps who is who, and promotes a replica when the primary is gone. */
export type Failover = {
  readonly kind: 'failover'
  readonly name: string
  readonly host: Host
  readonly primary: Mysql
  readonly replicas: readonly Mysql[]
}

/** What may be lost: all of a cache, at any time, for a little speed; of `state` at most the last second; of `events` what an outbox has. */
export type RedisRole = 'cache' | 'state' | 'events'

/** Redis for one role: the first host is the primary, the others are its replicas, and Sentinels choose among them. */
export type Redis = {
  readonly kind: 'redis'
  readonly name: string
  readonly role: RedisRole
  readonly hosts: readonly Host[]
  readonly sentinels: readonly Host[]
}

/**
 * A Redis Cluster for one role: its keys are spread over the shards by their slots, so that each server has a part of the load. Of a
 * shard's servers the first is the master at first, and the others are its replicas; when it is gone they choose among themselves.
 */
export type RedisCluster = {
  readonly kind: 'redis-cluster'
  readonly name: string
  readonly role: RedisRole
  readonly shards: readonly (readonly Host[])[]
}

/** The card processor. It belongs to somebody else, so its host has no size. */
export type Bank = { readonly kind: 'bank'; readonly name: string; readonly host: Host }

/**
 * The shop's HTTP process, `copies` times; each copy is a host of its own unless `on` says otherwise. Work that no request waits for
 * (finishing payments, writing views, counting) is done by each copy, or by one process on the host `worker` for all of them.
 */
export type App = {
  readonly kind: 'app'
  readonly name: string
  readonly hosts: readonly Host[]
  readonly worker?: Host
  readonly modules: readonly Module[]
  readonly data: Readonly<Partial<Record<Module, Store>>>
  /** Services that it asks over HTTP for the modules that do not run in it. */
  readonly calls: readonly App[]
  readonly cache?: AnyRedis
  readonly state?: AnyRedis
  /** Where it tells what has happened in it: from an outbox in its own database, by whichever of its copies has the lease. */
  readonly events?: Redis
  readonly bank?: Bank
}

/** What is done about events after the answer, `copies` times: nobody asks it anything, and it has rows of its own. */
export type Consumers = {
  readonly kind: 'consumers'
  readonly name: string
  readonly hosts: readonly Host[]
  readonly data: Mysql
  readonly events: Redis
  readonly state: AnyRedis
  /** Services that it asks over HTTP. */
  readonly calls: readonly App[]
}

/** The front door of services: it passes each request to the service that answers for its path, and says who asks. */
export type Gateway = {
  readonly kind: 'gateway'
  readonly name: string
  readonly hosts: readonly Host[]
  readonly to: readonly App[]
  /** Where it finds sessions. */
  readonly state: AnyRedis
}

/** HAProxy in front of the copies of an app. */
export type LoadBalancer = {
  readonly kind: 'load-balancer'
  readonly name: string
  readonly host: Host
  readonly to: App | Gateway
}

/** In so many logical parts all customers' rows are cut: each id carries the number of its owner's, in every stage. */
export const BUCKETS = 64

/** Their schemas on the servers. */
export function bucketSchemas(): string[] {
  return Array.from({ length: BUCKETS }, (_, number) => `bucket_${String(number).padStart(2, '0')}`)
}

/** One part of a store that is spread: a server of its name, or a primary and its replicas, which have the name in common. */
export type Shard = { readonly name: string; readonly servers: readonly Mysql[] }

/**
 * Logical buckets of customers' rows, each a schema of its own, spread over shards. Which shard has which is written on the servers.
 * Where shards have replicas, one keeper watches over all of them.
 */
export type Buckets = {
  readonly kind: 'buckets'
  readonly name: string
  readonly count: typeof BUCKETS
  readonly on: readonly Shard[]
  readonly keeper?: Host
}

/** Where rows are kept: one server, a group, which is named by the failover that watches it, or buckets over servers. */
export type Store = Mysql | Failover | Buckets

export type AnyRedis = Redis | RedisCluster

export type Box = Mysql | Failover | Buckets | AnyRedis | Bank | App | Consumers | Gateway | LoadBalancer
export type Entry = App | LoadBalancer

export type Stage = {
  /** Leading part of the name: `3` in `3-load-balanced`. */
  readonly number: number
  readonly name: string
  /** One sentence: what this stage brings that the one before it had not. */
  readonly adds: string
  readonly settings: StageSettings
  /** A page whose boxes depend on a setting, or may be added while it runs, says which ones there are. */
  readonly entry: Roots | ((settings: Settings, resharded: Resharded) => Roots)
}

/** What the clients talk to; and with it what works behind that without an arrow from it. */
type Roots = Entry | readonly [Entry, ...Consumers[]]

/** The names of a page's shards, and what `npm run reshard` has made of them. */
export type Resharded = (own: readonly string[]) => readonly string[]

export function stage(name: string, parts: Omit<Stage, 'name' | 'number'>): Stage {
  const number = Number.parseInt(name, 10)
  if (!Number.isInteger(number)) throw new Error(`the stage name "${name}" must start with its number`)
  return { name, number, ...parts }
}

export function host(name: string): Host {
  return { kind: 'host', name }
}

export function mysql(name: string, { on, replicaOf }: { on?: Host; replicaOf?: Mysql } = {}): Mysql {
  return { kind: 'mysql', name, host: on ?? host(name), ...(replicaOf && { replicaOf }) }
}

export function failover(name: string, { primary, replicas }: Pick<Failover, 'primary' | 'replicas'>): Failover {
  return { kind: 'failover', name, host: host(name), primary, replicas }
}

type BucketsOptions = { count: typeof BUCKETS; on: readonly string[]; replicas?: number }

export function buckets(name: string, { count, on, replicas = 0 }: BucketsOptions): Buckets {
  const shards = on.map((one) => shard(one, replicas))
  return { kind: 'buckets', name, count, on: shards, ...(replicas > 0 && { keeper: host(`${name}-keeper`) }) }
}

/** Of several servers each has a letter, as any of them may be the primary some time. */
function shard(name: string, replicas: number): Shard {
  if (replicas === 0) return { name, servers: [mysql(name)] }
  const primary = mysql(`${name}a`)
  const others = Array.from({ length: replicas }, (_, index) => `${name}${String.fromCharCode('b'.charCodeAt(0) + index)}`)
  return { name, servers: [primary, ...others.map((other) => mysql(other, { replicaOf: primary }))] }
}

type RedisOptions = { role: RedisRole; replicas?: number; sentinels?: number }

export function redis(name: string, { role, replicas = 0, sentinels = 0 }: RedisOptions): Redis {
  const hosts = replicas === 0 ? [host(name)] : numbered(name, replicas + 1).map(host)
  // Those of sessions came first.
  const watchers = role === 'state' ? 'sentinel' : `${name}-sentinel`
  return { kind: 'redis', name, role, hosts, sentinels: numbered(watchers, sentinels).map(host) }
}

/** Named by what it is for. Its servers are numbered, the masters first: of 3 masters with a replica each `state-5` follows `state-2`. */
export function redisCluster(role: RedisRole, { masters, replicas = 0 }: { masters: number; replicas?: number }): RedisCluster {
  const hosts = numbered(role, masters * (1 + replicas)).map(host)
  const shards = hosts.slice(0, masters).map((_, shard) => hosts.filter((_, index) => index % masters === shard))
  return { kind: 'redis-cluster', name: role, role, shards }
}

export function bank(name: string): Bank {
  return { kind: 'bank', name, host: host(name) }
}

type AppOptions = {
  on?: Host
  copies?: number
  worker?: Host
  modules: readonly Module[]
  /** One store for all its modules, or one for each. */
  data: Store | Readonly<Record<Module, Store>>
  calls?: readonly App[]
  cache?: AnyRedis
  state?: AnyRedis
  events?: Redis
  bank?: Bank
}

export function app(name: string, { on, copies = 1, data, calls = [], ...rest }: AppOptions): App {
  const hosts = numbered(name, copies).map((copy) => on ?? host(copy))
  return { kind: 'app', name, hosts, calls, data: 'kind' in data ? forModules(rest.modules, data) : data, ...rest }
}

function forModules(modules: readonly Module[], store: Store): Partial<Record<Module, Store>> {
  return Object.fromEntries(modules.map((module) => [module, store]))
}

type ConsumersOptions = { copies?: number; data: Mysql; events: Redis; state: AnyRedis; calls?: readonly App[] }

export function consumers(name: string, { copies = 1, calls = [], ...rest }: ConsumersOptions): Consumers {
  return { kind: 'consumers', name, hosts: numbered(name, copies).map(host), calls, ...rest }
}

type GatewayOptions = { copies?: number; to: readonly App[]; state: AnyRedis }

export function gateway(name: string, { copies = 1, ...rest }: GatewayOptions): Gateway {
  return { kind: 'gateway', name, hosts: numbered(name, copies).map(host), ...rest }
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${index + 1}`)
}

export function loadBalancer(name: string, { to }: Pick<LoadBalancer, 'to'>): LoadBalancer {
  return { kind: 'load-balancer', name, host: host(name), to }
}
