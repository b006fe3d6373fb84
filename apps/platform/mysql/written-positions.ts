/** Where the log of the primary stood after each user's last writes: in Redis, so that every copy of the app knows it. */
import type { RedisClient } from '../redis/client.ts'
import { KEYS } from '../redis/keys.ts'
import { redisScript } from '../redis/script.ts'
import type { LogPosition } from './log-position.ts'

/** The app's own commits are in the order of their places, and so is what it was told of; between the two there is none. */
export type Noted = 'written' | 'seen'

export type WrittenPositions = {
  /** Undefined stands for a place that could not be found out. Throws where Redis does not take it. */
  store(userId: string, position: LogPosition | undefined, how: Noted): Promise<void>
  /** Undefined where nobody can say, or a place is not known; empty where the user has written nothing for a while. */
  find(userId: string): Promise<readonly LogPosition[] | undefined>
}

export type PositionTimes = {
  /** How long a write is remembered: replicas that are read have it by then. */
  readonly rememberedMs: number
  /** After a connection is made Redis may be another one, which lacks the newest writes: for this long it is not believed. */
  readonly quarantineMs: number
}

/** What no position looks like. */
const UNKNOWN = '?'

/** A field for each writer and what it notes: one that is slow never puts its older place over the newer one of another. */
const REMEMBER = `
redis.call('hset', KEYS[1], ARGV[1], ARGV[2])
return redis.call('pexpire', KEYS[1], ARGV[3])`

/** `writer` is the name of this copy of the app. */
export function writtenPositions(
  redis: RedisClient,
  writer: string,
  { rememberedMs, quarantineMs }: PositionTimes,
): WrittenPositions {
  const remember = redisScript<number>(redis, REMEMBER)
  let readyAt = redis.status === 'ready' ? performance.now() : Number.POSITIVE_INFINITY
  redis.on('ready', () => (readyAt = performance.now()))
  return {
    async store(userId, position = UNKNOWN, how) {
      await remember(KEYS.written(userId), [`${writer} ${how}`, position, rememberedMs])
    },
    async find(userId) {
      if (redis.status !== 'ready' || performance.now() < readyAt + quarantineMs) return undefined
      const positions = await redis.hgetall(KEYS.written(userId)).then(Object.values<LogPosition>, () => [UNKNOWN])
      return positions.includes(UNKNOWN) ? undefined : positions
    },
  }
}

/** For a stage without Redis: nobody can say what was written, so everything is read from the primary. */
export function noPositions(): WrittenPositions {
  return { store: async () => {}, find: async () => undefined }
}
