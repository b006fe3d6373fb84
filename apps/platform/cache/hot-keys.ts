/**
 * What an app is asked for again and again (L10). A Cluster shares keys out and not what one of them is asked, so a hot key fills the
 * server that has it, and its app with calls. Here each app keeps a copy of what it was told of such a key, and asks again soon.
 *
 * No copy is older than what Redis itself would have answered to the last reader before a change: a version of which there may be copies
 * has a mark, which was there when the copy was read. A change that finds the mark, or no version at all, waits until every copy has ended
 * before it is committed; an order, which tells of its stock after its commit, before it is answered. So what is hot costs its readers
 * nothing, and its changes up to 50 ms.
 * What is left open: a version that Redis loses (FLUSHALL; eviction takes what is asked for least) and gets anew within these 50 ms.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lease } from './lease.ts'
import type { CacheKeys, Found, Look } from './lookup.ts'
import { type ReadCounts, readCounts } from './read-counts.ts'
import { COPY_LASTS_MS } from './versions.ts'

/** `cache` is who has answered. */
export type HotLook = { readonly cache: 'redis' | 'copies'; readonly found: Found }
export type HotKeys = { look(keys: CacheKeys): Promise<HotLook> }

type Parts = {
  readonly look: Look
  readonly lease: Pick<Lease, 'isHeld' | 'beganAt'>
  readonly counts?: ReadCounts
  isPending(version: string): boolean
  mark(key: string, version: string): Promise<unknown>
}

/** Timers may be a little early. */
const TIMER_ERROR_MS = 2
/** Of 64 KiB at the most each. What is not among the hottest is asked for in Redis. */
const MOST_COPIES = 100

/** Whoever has changed what there may be copies of waits for this. */
export async function endOfCopies(): Promise<void> {
  await sleep(COPY_LASTS_MS + TIMER_ERROR_MS)
}

type Copy = { readonly askedAt: number; readonly asked: Promise<Found> }

export function hotKeys(parts: Parts): HotKeys {
  const { look, mark, counts = readCounts() } = parts
  const copies = new Map<string, Copy>()
  const askFor = (keys: CacheKeys): Promise<Found> => {
    const copy = { askedAt: performance.now(), asked: look(keys) }
    if (makeRoom(copies, keys.entry)) copies.set(keys.entry, copy)
    return copy.asked.then((found) => {
      if (isCopy(parts, keys, found)) return found
      if (copies.get(keys.entry) === copy) copies.delete(keys.entry)
      // The next look finds the mark, and may be kept.
      if (found.result === 'hit' && !found.isMarked) mark(keys.version, found.version).catch(() => undefined)
      return found
    })
  }
  return {
    async look(keys) {
      if (!counts.isHot(keys.entry)) return { cache: 'redis', found: await look(keys) }
      const copy = copies.get(keys.entry)
      if (copy && performance.now() < copy.askedAt + COPY_LASTS_MS) {
        const found = await copy.asked
        if (isCopy(parts, keys, found)) return { cache: 'copies', found }
      }
      return { cache: 'redis', found: await askFor(keys) }
    },
  }
}

export function noHotKeys(look: Look): HotKeys {
  return { look: async (keys) => ({ cache: 'redis', found: await look(keys) }) }
}

/** What its app would still believe, and what whoever changes it waits for. */
function isCopy({ lease, isPending }: Parts, { version }: CacheKeys, found: Found): boolean {
  if (found.result !== 'hit' || !found.isMarked) return false
  const isBelieved = lease.isHeld(version) && !isPending(version) && found.entry.filledAt >= lease.beganAt(version)
  return isBelieved && found.entry.expiresAt > Date.now()
}

/** Whether there is room for a copy of this one. */
function makeRoom(copies: Map<string, Copy>, entry: string): boolean {
  if (copies.size < MOST_COPIES || copies.has(entry)) return true
  const endedBefore = performance.now() - COPY_LASTS_MS
  for (const [other, { askedAt }] of copies) if (askedAt <= endedBefore) copies.delete(other)
  return copies.size < MOST_COPIES
}
