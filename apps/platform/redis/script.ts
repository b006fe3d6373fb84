import type { Redis } from 'ioredis'

type Argument = string | number | Buffer

/** Runs a script that was defined on a client: first its keys, then its arguments. */
export type RedisScript<Reply> = (keys: readonly string[], args: readonly Argument[]) => Promise<Reply>

/**
 * A script runs on the server as one step and in one round trip. It goes over as the hash of its text (EVALSHA); where the server
 * does not know it, because it is another server or was restarted, the answer is NOSCRIPT and the text follows (R14).
 */
export function redisScript<Reply>(redis: Redis, name: string, lua: string): RedisScript<Reply> {
  redis.defineCommand(name, { lua })
  const run = Reflect.get(redis, name) as (...given: Argument[]) => Promise<Reply>
  return (keys, args) => run.call(redis, keys.length, ...keys, ...args)
}
