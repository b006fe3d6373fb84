import { createHash } from 'node:crypto'
import type { Argument, RedisClient, RedisServer } from './client.ts'
import type { Together } from './keys.ts'

/** Runs the script: first its key, or its keys where they are on one server, then its arguments. */
export type RedisScript<Reply> = (keys: string | Together, args: readonly Argument[]) => Promise<Reply>

/**
 * A script runs on the server as one step and in one round trip. It goes over as the hash of its text (EVALSHA) once that server has
 * been sent the text; where the server does not know it, because it is another server or was restarted, the answer is NOSCRIPT and the text follows (R14).
 */
export function redisScript<Reply>(redis: Pick<RedisClient, 'eval' | 'evalsha' | 'serverOf'>, lua: string): RedisScript<Reply> {
  const sha = createHash('sha1').update(lua).digest('hex')
  const sentTo = new WeakSet<RedisServer>()
  return async (given, args) => {
    const keys = typeof given === 'string' ? [given] : given
    const server = redis.serverOf(keys[0] ?? '')
    // What is sent after the text comes after it.
    const answer = server && sentTo.has(server) ? redis.evalsha(sha, keys, args).catch(sendText) : redis.eval(lua, keys, args)
    if (server) sentTo.add(server)
    return (await answer) as Reply

    function sendText(error: Error): Promise<unknown> {
      if (error.message.startsWith('NOSCRIPT')) return redis.eval(lua, keys, args)
      throw error
    }
  }
}
