/** What the shop keeps in Redis is made anew by it, and may be thrown away. */
import type { Redis } from 'ioredis'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import type { Key } from '../../platform/redis/key.ts'
import { ask, primariesAmong, redisOf } from '../runner/redis-servers.ts'

const TIMEOUT_MS = 5_000

/** All keys of both roles but those of these kinds. */
export async function emptyRedisBut(stage: StageState, kept: readonly Key[]): Promise<void> {
  // All up to the tag, which says whose it is.
  const starts = kept.map((key) => key('').split('{', 1)[0] ?? '')
  const isKept = (key: string) => starts.some((start) => key.startsWith(start))
  const primaries = await primariesAmong(stage, [...redisOf(stage, 'cache'), ...redisOf(stage, 'state')])
  for (const primary of primaries) await ask(stage, primary, (redis) => unlinkUnless(redis, isKept), TIMEOUT_MS)
}

/** What is told of orders that are gone. The stream keeps its last entry's number, by which a relay sees that nothing is lost. */
export async function emptyStream(stage: StageState, stream: string): Promise<void> {
  const primaries = await primariesAmong(stage, redisOf(stage, 'events'))
  for (const primary of primaries) await ask(stage, primary, (redis) => redis.xtrim(stream, 'MAXLEN', 0), TIMEOUT_MS)
}

async function unlinkUnless(redis: Redis, isKept: (key: string) => boolean): Promise<void> {
  for await (const keys of redis.scanStream({ count: 1_000 }) as AsyncIterable<string[]>) {
    await Promise.all(keys.filter((key) => !isKept(key)).map((key) => redis.unlink(key)))
  }
}
