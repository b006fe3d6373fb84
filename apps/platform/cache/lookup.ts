import type { RedisClient } from '../redis/client.ts'
import { together } from '../redis/keys.ts'
import { decodeEntry, type Entry } from './entry.ts'
import type { Lease } from './lease.ts'
import { parseVersion } from './versions.ts'

/** Keys of one thing that is cached, all of the role `cache`; entry and version have one tag. */
export type CacheKeys = { readonly entry: string; readonly version: string; readonly lock: string }

/** `stale`: filled under a version that is not the current one, or before the lease; `corrupt`: no entry at all; `bypass`: not to be used, and not to be stored. */
export type Found =
  | { readonly result: 'hit'; readonly entry: Entry; readonly version: string; readonly isMarked: boolean }
  | { readonly result: 'miss' | 'stale' | 'corrupt'; readonly version: string | undefined }
  | { readonly result: 'bypass' | 'error' }

export type Look = (keys: CacheKeys) => Promise<Found>

/** The entry and its version in one round trip; neither is ever half there. */
export function versionedLook(redis: RedisClient, lease: Lease, isPending: (version: string) => boolean): Look {
  return async (keys) => {
    try {
      const [bytes, version] = await redis.mgetBuffer(together(keys.entry, keys.version))
      if (!lease.isHeld(keys.version) || isPending(keys.version)) return { result: 'bypass' }
      return judge(bytes, version?.toString('latin1'), lease.beganAt(keys.version))
    } catch {
      return { result: 'error' }
    }
  }
}

/** Whatever is there counts: what `invalidation=delete` and `none` do. */
export function plainLook(redis: RedisClient): Look {
  return async (keys) => {
    try {
      // Not GET, which is an error where the key is of another type (R18).
      const [bytes] = await redis.mgetBuffer(together(keys.entry))
      return judge(bytes, ANY_VERSION, 0)
    } catch {
      return { result: 'error' }
    }
  }
}

const ANY_VERSION = 'any'
const NO_VERSION = { version: undefined, isMarked: false }

function judge(bytes: Buffer | null | undefined, stored: string | undefined, believedFrom: number): Found {
  const { version, isMarked } = stored === undefined ? NO_VERSION : parseVersion(stored)
  if (!bytes) return { result: 'miss', version }
  const entry = decodeEntry(bytes)
  if (!entry) return { result: 'corrupt', version }
  const isBelieved = entry.version === version && entry.filledAt >= believedFrom
  return version !== undefined && isBelieved ? { result: 'hit', entry, version, isMarked } : { result: 'stale', version }
}
