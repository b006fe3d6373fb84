/** Where the log of the primary stood after each user's last writes: in Redis, so that every copy of the app knows it. */
import type { RedisClient, RedisServer } from '../redis/client.ts'
import { KEYS } from '../redis/keys.ts'
import { redisScript } from '../redis/script.ts'
import { eachServer } from '../redis/servers.ts'
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
  const readyAt = new WeakMap<RedisServer, number>()
  const ready = (server: RedisServer, at: number) => void readyAt.set(server, at)
  eachServer(redis, (server) => {
    if (server.status === 'ready') ready(server, performance.now())
    server.on('ready', () => ready(server, performance.now()))
  })
  // What came from another is believed when that other would be.
  redis.on('moved', (to, from) => {
    const [own, others] = [readyAt.get(to), from?.status === 'ready' ? readyAt.get(from) : undefined]
    if (own !== undefined) ready(to, Math.max(own, others ?? performance.now()))
  })
  const believed = (key: string): RedisServer | undefined => {
    const server = redis.serverOf(key)
    const since = server?.status === 'ready' ? readyAt.get(server) : undefined
    return since !== undefined && performance.now() >= since + quarantineMs ? server : undefined
  }
  return {
    async store(userId, position = UNKNOWN, how) {
      await remember(KEYS.written(userId), [`${writer} ${how}`, position, rememberedMs])
    },
    async find(userId) {
      const key = KEYS.written(userId)
      const asked = believed(key)
      if (!asked) return undefined
      const positions = await redis.hgetall(key).then(Object.values<LogPosition>, () => [UNKNOWN])
      return positions.includes(UNKNOWN) || believed(key) !== asked ? undefined : positions
    },
  }
}

/** For a stage without Redis: nobody can say what was written, so everything is read from the primary. */
export function noPositions(): WrittenPositions {
  return { store: async () => {}, find: async () => undefined }
}
