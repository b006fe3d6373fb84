import { randomBytes } from 'node:crypto'
import type { RedisClient } from '../redis/client.ts'
import { redisScript } from '../redis/script.ts'

/** A lock that only keeps work from being done twice: it may run out under its holder, so nothing may depend on it for being right. */
export type Lock = {
  /** The token to release it with; undefined where somebody else has it. It ends by itself after `lifetimeMs`. */
  take(key: string, lifetimeMs: number): Promise<string | undefined>
  /** False where it ran out meanwhile, be it free or another's. */
  release(key: string, owner: string): Promise<boolean>
}

/** SET NX PX with a token of the owner's (E1, R20): a lock without a lifetime would outlive its holder's crash. */
export function redisLock(redis: RedisClient): Lock {
  const releaseOwn = redisScript<number>(redis, RELEASE_OWN)
  return {
    async take(key, lifetimeMs) {
      const owner = randomBytes(9).toString('base64url')
      return (await redis.set(key, owner, 'PX', lifetimeMs, 'NX')) === 'OK' ? owner : undefined
    },
    release: async (key, owner) => (await releaseOwn(key, [owner])) === 1,
  }
}

/** Compare and delete in one step: with two commands, a lock that ran out between them would be deleted for its next owner (E8). */
const RELEASE_OWN = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`
