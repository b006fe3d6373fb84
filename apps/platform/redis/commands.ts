import { EventEmitter } from 'node:events'
import type { Argument, RedisClient, RedisEvents, RedisServer } from './client.ts'
import type { Together } from './keys.ts'

/** What the shop asks of a Redis, in the words of Redis: whoever extends this says how a command gets to its server. */
export abstract class RedisCommands extends EventEmitter<RedisEvents> implements RedisClient {
  abstract readonly status: string
  abstract servers(): readonly RedisServer[]
  abstract serverOf(key: string): RedisServer | undefined
  abstract close(): void
  /** `replyEncoding` null leaves the bytes as they are. */
  abstract ask<Reply>(name: string, args: readonly Argument[], replyEncoding?: 'utf8' | null): Promise<Reply>

  get = (key: string) => this.ask<string | null>('get', [key])
  set = (key: string, value: string | Buffer, ...how: readonly (string | number)[]) =>
    this.ask<'OK' | null>('set', [key, value, ...how])
  mgetBuffer = (keys: Together) => this.ask<(Buffer | null)[]>('mget', keys, null)
  del = (key: string) => this.ask<number>('del', [key])
  unlink = (key: string) => this.ask<number>('unlink', [key])
  type = (key: string) => this.ask<string>('type', [key])
  hget = (key: string, field: string) => this.ask<string | null>('hget', [key, field])
  hgetall = (key: string) => this.ask<Record<string, string>>('hgetall', [key])
  hlen = (key: string) => this.ask<number>('hlen', [key])
  hrandfield = (key: string, most: number) => this.ask<unknown[]>('hrandfield', [key, most, 'WITHVALUES'])
  lrange = (key: string, first: number, last: number) => this.ask<string[]>('lrange', [key, first, last])
  zrange = (key: string, first: number, last: number, ...how: readonly string[]) =>
    this.ask<string[]>('zrange', [key, first, last, ...how])
  zrem = (key: string, members: readonly string[]) => this.ask<number>('zrem', [key, ...members])
  ping = () => this.ask<string>('ping', [])
  eval = (lua: string, keys: readonly string[], args: readonly Argument[]) =>
    this.ask<unknown>('eval', [lua, keys.length, ...keys, ...args])
  evalsha = (sha: string, keys: readonly string[], args: readonly Argument[]) =>
    this.ask<unknown>('evalsha', [sha, keys.length, ...keys, ...args])
}
