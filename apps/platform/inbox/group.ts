/** A group of consumers on a stream, in the words of Redis. */
import { type Entry, entriesOf, type RawEntry } from '../events/event.ts'
import type { EventRedis } from '../events/stream.ts'

export type Group = {
  /** What nobody of the group was given before; waits so long for the first. */
  read(most: number, waitMs: number): Promise<Entry[]>
  /** All that was given to anybody and not acknowledged, whoever that was; the oldest first. */
  claim(): Promise<Claimed>
  acknowledge(entries: readonly string[]): Promise<void>
}

export type Claimed = {
  readonly entries: readonly Entry[]
  /** They were trimmed away before they were done. */
  readonly lost: readonly string[]
  /** How often the oldest of them was given to somebody. */
  readonly deliveries: number
}

const CLAIMED_AT_ONCE = 100

/** Without a group, as after FLUSHALL, one is made at the beginning of the stream: at `$` it would miss what is there (R4). */
export function group(redis: EventRedis, { stream, name, consumer }: { stream: string; name: string; consumer: string }): Group {
  const inGroup = async <Value>(ask: () => Promise<Value>): Promise<Value> => {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOGROUP'))) throw error
    }
    await redis.ask('xgroup', ['create', stream, name, '0', 'mkstream']).catch(exists)
    return ask()
  }
  return {
    async read(most, waitMs) {
      const place = ['count', most, 'block', waitMs, 'streams', stream, '>']
      const [found] = (await inGroup(() => redis.ask<Read | null>('xreadgroup', ['group', name, consumer, ...place]))) ?? []
      return entriesOf(found?.[1] ?? [])
    },
    claim: () => inGroup(() => claimAll(redis, stream, name, consumer)),
    async acknowledge(entries) {
      if (entries.length > 0) await redis.ask('xack', [stream, name, ...entries])
    },
  }
}

type Read = readonly [stream: string, entries: readonly RawEntry[]][]
type ClaimReply = readonly [next: string, entries: readonly RawEntry[], deleted: readonly string[]]
type Pending = readonly (readonly [entry: string, consumer: string, idleMs: number, deliveries: number])[]

async function claimAll(redis: EventRedis, stream: string, name: string, consumer: string): Promise<Claimed> {
  const entries: Entry[] = []
  const lost: string[] = []
  let from = '0-0'
  do {
    const words = [stream, name, consumer, 0, from, 'count', CLAIMED_AT_ONCE]
    const [next, found, deleted] = await redis.ask<ClaimReply>('xautoclaim', words)
    entries.push(...entriesOf(found))
    lost.push(...deleted)
    from = next
  } while (from !== '0-0')
  const [oldest] = await redis.ask<Pending>('xpending', [stream, name, '-', '+', 1])
  return { entries, lost, deliveries: oldest?.[3] ?? 0 }
}

function exists(error: Error): void {
  if (!error.message.startsWith('BUSYGROUP')) throw error
}
