/** What each part of the shop may do in a Redis: with whose keys it works, and by which commands. */
import type { ShopPart } from '../stage/redis-clients.ts'
import type { RedisRole } from '../stage/topology.ts'

/** Each role's keys start with its name, so that one look at a key tells what its loss costs. */
export const KEY_PREFIXES: Readonly<Record<RedisRole, string>> = { cache: 'cache:', state: 'state:', events: 'events:' }

/** By the nouns of keys: who works with them. A test holds this to the registry of keys. */
export const KEY_USERS: Readonly<Record<RedisRole, Readonly<Record<string, readonly ShopPart[]>>>> = {
  cache: {
    product: ['products'],
    'product-version': ['products'],
    'product-lock': ['products'],
    products: ['products'],
    'products-version': ['products'],
    'products-lock': ['products'],
    cart: ['orders'],
    'cart-version': ['orders'],
    'cart-lock': ['orders'],
    probe: ['users', 'products', 'orders'],
    viewed: ['users'],
  },
  state: {
    session: ['users', 'gateway'],
    'sessions-of': ['users'],
    limit: ['users'],
    'order-limit': ['orders'],
    attempts: ['users'],
    // For whoever has a store with replicas.
    wrote: ['users', 'products', 'orders', 'payments'],
    // A page's view reaches its user by it.
    'view-queue': ['users', 'products'],
    bestsellers: ['orders', 'consumers'],
    'counted-orders': ['orders'],
    'bestsellers-lock': ['orders', 'consumers'],
    code: ['users'],
    'flash-sale': ['products'],
  },
  events: {
    orders: ['orders', 'consumers'],
    'dead-letters': ['consumers'],
    relay: ['orders'],
    jobs: ['consumers'],
  },
}

/** Who is told what happens to orders while it happens: a channel is named after its stream. */
const LISTENERS: readonly ShopPart[] = ['orders']

/** To log in and be told whether the data is loaded and whether this is the primary. */
const LOG_IN = ['hello', 'auth', 'ping', 'info']
const SCRIPTS = ['eval', 'evalsha']
const STRINGS = ['get', 'set', 'del', 'pexpire']

const OF_CACHE = [
  ...[...LOG_IN, ...SCRIPTS, ...STRINGS],
  ...['mget', 'unlink', 'type', 'time'],
  ...['lpush', 'lpushx', 'lrem', 'ltrim', 'lrange'],
]
const OF_STATE = [
  ...[...LOG_IN, ...SCRIPTS, ...STRINGS],
  ...['exists', 'pttl', 'incr', 'time'],
  ...['hget', 'hset', 'hgetall', 'hdel', 'hincrby', 'hlen', 'hrandfield'],
  ...['zadd', 'zincrby', 'zrem', 'zcard', 'zrange', 'zscore', 'zremrangebyscore', 'zremrangebyrank'],
]
/** Adds to a stream, trims it, and hears what was added. */
const TELLS = [
  ...[...LOG_IN, ...SCRIPTS, 'get', 'set', 'exists', 'time'],
  ...['xadd', 'xrange', 'xrevrange', 'xlen', 'xtrim', 'xsetid', 'xinfo|stream', 'xinfo|groups', 'xgroup|create', 'xpending'],
  ...['publish', 'subscribe', 'unsubscribe'],
]
/** Reads it as a group, and has jobs, with what BullMQ asks for. */
const CONSUMES = [
  ...[...LOG_IN, ...SCRIPTS, ...STRINGS],
  ...['xgroup|create', 'xreadgroup', 'xack', 'xautoclaim', 'xpending', 'xadd', 'xtrim', 'xlen', 'xrange', 'xread', 'xdel'],
  ...['client|setname', 'exists', 'type', 'time', 'unlink', 'pexpireat', 'pttl', 'persist', 'rename', 'incr', 'incrby', 'scan'],
  ...['hget', 'hset', 'hmset', 'hmget', 'hgetall', 'hdel', 'hexists', 'hincrby', 'hlen', 'multi', 'exec'],
  ...['lpush', 'rpush', 'lpop', 'rpop', 'rpoplpush', 'lrange', 'llen', 'lrem', 'lpos', 'lindex', 'lset', 'ltrim'],
  ...['sadd', 'srem', 'scard', 'smembers', 'sismember'],
  ...['zadd', 'zrem', 'zcard', 'zcount', 'zlexcount', 'zscore', 'zrange', 'zrevrange', 'zrangebyscore', 'zrevrangebyscore'],
  ...['zrangebylex', 'zpopmin', 'bzpopmin', 'zremrangebyscore', 'zremrangebyrank'],
]

/** What the code asks for and nothing else. One that a single service lacks shows only where a stage of services takes that path. */
const COMMANDS: Readonly<Record<RedisRole, Readonly<Partial<Record<ShopPart, readonly string[]>>>>> = {
  cache: { users: OF_CACHE, products: OF_CACHE, orders: OF_CACHE },
  state: {
    ...{ users: OF_STATE, products: OF_STATE, orders: OF_STATE, payments: OF_STATE },
    // It prolongs the session that it reads, and deletes one that was ended.
    gateway: [...LOG_IN, 'get', 'set', 'del'],
    consumers: [...LOG_IN, ...SCRIPTS, 'get', 'set', 'del', 'zadd', 'zrange'],
  },
  events: { orders: TELLS, consumers: CONSUMES },
}

/** Rules of an ACL for whoever these parts run in. */
export function rightsOf(role: RedisRole, parts: readonly ShopPart[]): string[] {
  const nouns = Object.entries(KEY_USERS[role]).flatMap(([noun, users]) => (meets(users, parts) ? [noun] : []))
  const keys = nouns.map((noun) => `${KEY_PREFIXES[role]}${noun}`).flatMap((key) => [`~${key}`, `~${key}:*`])
  const channels = role === 'events' && meets(LISTENERS, parts) ? [`&${KEY_PREFIXES.events}*`] : []
  return [...keys, ...channels, ...allow(parts.flatMap((part) => COMMANDS[role][part] ?? LOG_IN))]
}

/** Of all parts together. */
export function commandsOf(role: RedisRole): string[] {
  return [...new Set(Object.values(COMMANDS[role]).flat())]
}

export function allow(commands: readonly string[]): string[] {
  return [...new Set(commands)].map((command) => `+${command}`)
}

function meets(some: readonly ShopPart[], others: readonly ShopPart[]): boolean {
  return some.some((part) => others.includes(part))
}
