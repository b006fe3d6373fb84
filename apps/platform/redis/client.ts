import type { EventEmitter } from 'node:events'
import type { Together } from './keys.ts'

export type RedisEvents = {
  /** There is a connection, and it takes commands. */
  ready: []
  /** The connection is gone; another is looked for. */
  close: []
  /** Gone for good. */
  closed: []
  /** Why there is no connection. */
  unreachable: [reason: Error]
  /** A server that is there does not do what it was asked. */
  refused: [reason: Error]
  /** A server did what it was asked. */
  answered: []
  /** There is one server more: of a Cluster, which begins with none that is known. */
  joined: [server: RedisServer]
  /** Some keys have another server from now on; undefined where it is not known who had them. */
  moved: [to: RedisServer, from: RedisServer | undefined]
}

export type Argument = string | number | Buffer

/**
 * One server that answers for its keys, by the connection to it: `ready` and `close` are its own. A replica that is promoted in its
 * place is another one. What is believed of a Redis is believed of each of its servers apart.
 */
export interface RedisServer extends EventEmitter<RedisEvents> {
  readonly status: string
}

/**
 * What the shop asks of a Redis, and nothing else: each command has one key, or keys that `together` has found to be on one server. So
 * behind it may stand one server, or a Cluster of servers that know only their own keys.
 */
export interface RedisClient extends EventEmitter<RedisEvents> {
  /** `ready` while commands are taken: of a Cluster, by all of its masters. */
  readonly status: string
  servers(): readonly RedisServer[]
  /** Who answers for this key now; undefined where nobody is known to, or not alone. */
  serverOf(key: string): RedisServer | undefined
  get(key: string): Promise<string | null>
  /** `how`: PX and milliseconds, NX, XX. */
  set(key: string, value: string | Buffer, ...how: readonly (string | number)[]): Promise<'OK' | null>
  mgetBuffer(keys: Together): Promise<(Buffer | null)[]>
  del(key: string): Promise<number>
  unlink(key: string): Promise<number>
  type(key: string): Promise<string>
  hget(key: string, field: string): Promise<string | null>
  hgetall(key: string): Promise<Record<string, string>>
  hlen(key: string): Promise<number>
  /** Fields by chance, each with its value: in pairs or one after the other, that depends on the protocol. */
  hrandfield(key: string, most: number): Promise<unknown[]>
  lrange(key: string, first: number, last: number): Promise<string[]>
  /** `how`: REV, WITHSCORES. */
  zrange(key: string, first: number, last: number, ...how: readonly string[]): Promise<string[]>
  zrem(key: string, members: readonly string[]): Promise<number>
  ping(): Promise<string>
  /** For redisScript, which sees to it that the keys are together. */
  eval(lua: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown>
  evalsha(sha: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown>
  /** For good; commands under way are rejected. */
  close(): void
}
