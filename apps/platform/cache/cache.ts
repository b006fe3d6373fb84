/**
 * Cache-aside (B1): an answer is read from Redis; where it is not there, from the database, and kept for the next.
 * Redis may lose any of it at any time, be away or answer with corrupt values: answers are then slower, and never wrong.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../../../infra/stage/settings.ts'
import { noteTiming } from '../http/explain.ts'
import { type CacheObserver, cacheObserver } from '../http/metrics.ts'
import type { Database, Databases } from '../mysql/database.ts'
import type { RedisClient } from '../redis/client.ts'
import { noteCorruptValue } from '../redis/corrupt-value.ts'
import { LARGEST_VALUE_BYTES } from '../redis/keys.ts'
import { encodeEntry } from './entry.ts'
import type { HotLook } from './hot-keys.ts'
import { deletion, expiry, type Invalidation, type Owned, type Touched, versioned } from './invalidation.ts'
import { type Lease, redisLease } from './lease.ts'
import { isDue, lifetimeMs } from './lifetime.ts'
import { type Lock, redisLock } from './lock.ts'
import type { CacheKeys, Found } from './lookup.ts'
import { laterSingleFlight, noSingleFlight, type Share, singleFlight } from './single-flight.ts'
import { isSuspended } from './versions.ts'

export type Cached = CacheKeys & {
  readonly ttlMs: number
  /** Whose it is, where it is somebody's: it is filled with what its owner may be shown, and with nothing older. */
  readonly owned?: Owned
}
/** Reads the value from a database; undefined where there is none. */
type Load = (db: Database) => Promise<object | undefined>
type Json = string | undefined

export interface Cache {
  /** The value as JSON. Throws what `load` throws, which is not kept; that there is no value is kept for a while (R21). */
  read(cached: Cached, load: Load): Promise<Json>
  /**
   * Runs a change of what these entries show: once it is done, no app shows anything older. `hasCommitted` is asked of what came of it, where
   * that may have been nothing.
   */
  change<Value>(touched: Touched, work: () => Promise<Value>, hasCommitted?: (value: Value) => boolean): Promise<Value>
  /** For what has been changed already. */
  changed(touched: Touched): Promise<void>
  stop(): Promise<void>
}

export type CacheSettings = Pick<Settings, 'stampede' | 'jitter' | 'invalidation' | 'hotKeys'>

/** What makes many readers of one missing key into one query: each way alone, or all three. */
const STAMPEDE = {
  none: { coalesces: false, locks: false, refreshes: false },
  coalesce: { coalesces: true, locks: false, refreshes: false },
  lock: { coalesces: false, locks: true, refreshes: false },
  early: { coalesces: false, locks: false, refreshes: true },
  all: { coalesces: true, locks: true, refreshes: true },
} as const
const INVALIDATIONS = { versioned, delete: deletion, none: expiry } as const

/** Longer than a page takes. A holder that dies delays the others by no more than they are ready to wait. */
const LOCK_LIFETIME_MS = 2_000
/** Then a reader goes to the database itself. */
const LOCK_WAIT_MS = 1_000
const POLL_MS = 20
/** So long it is known at the most that there is no such thing. */
const NOTHING_TTL_MS = 30_000

type Parts = {
  readonly redis: RedisClient
  readonly settings: CacheSettings
  readonly ways: (typeof STAMPEDE)[keyof typeof STAMPEDE]
  readonly invalidation: Invalidation
  readonly lease: Lease
  readonly lock: Lock
  readonly observers: { readonly redis: CacheObserver; readonly copies: CacheObserver }
  /** For readers of one version: joined, they get what each of them would have read. */
  readonly join: Share
  /** For readers that know of no version: only what is read after they asked is new enough for them. */
  readonly joinNext: Share
  readonly refreshes: Set<Promise<unknown>>
}

/** `isRead` is false for a process that only changes what others read. */
export function redisCache(
  redis: RedisClient,
  databases: Databases,
  { isRead = true, ...settings }: CacheSettings & { isRead?: boolean },
): Cache {
  const ways = STAMPEDE[settings.stampede]
  const lease = redisLease(redis, { isRead })
  const invalidation = INVALIDATIONS[settings.invalidation]({ redis, databases, lease, copies: settings.hotKeys === 'on' })
  const parts: Parts = {
    ...{ redis, settings, ways, invalidation, lease },
    lock: redisLock(redis),
    observers: { redis: cacheObserver('redis'), copies: cacheObserver('copies') },
    join: ways.coalesces ? singleFlight() : noSingleFlight,
    joinNext: ways.coalesces ? laterSingleFlight() : noSingleFlight,
    refreshes: new Set(),
  }
  return {
    read: (cached, load) => read(parts, cached, load),
    change: invalidation.change,
    changed: invalidation.changed,
    async stop() {
      await Promise.all(parts.refreshes)
      await invalidation.stop()
      lease.stop()
    },
  }
}

async function read(parts: Parts, cached: Cached, load: Load): Promise<Json> {
  const startedAt = performance.now()
  const { cache, found } = await look(parts.invalidation, cached)
  parts.observers[cache].read(found.result)
  noteTiming('cache', `${cache} ${found.result}`, performance.now() - startedAt)
  if (found.result === 'corrupt') noteCorruptValue('cache', cached.entry)
  if (found.result !== 'hit') return refill(parts, cached, found, load)
  if (parts.ways.refreshes && isDue(found.entry)) refresh(parts, cached, found.version, load)
  return found.entry.json
}

async function look({ hotKeys, look }: Invalidation, cached: Cached): Promise<HotLook> {
  return cached.owned ? { cache: 'redis', found: await look(cached) } : hotKeys.look(cached)
}

async function refill(parts: Parts, cached: Cached, found: Found, load: Load): Promise<Json> {
  const known = 'version' in found && found.version === undefined ? await firstVersion(parts, cached) : found
  if (known.result === 'hit') return known.entry.json
  const version = usableVersion(known)
  if (version === undefined) return readUncached(parts, cached, load)
  const fillOnce = parts.ways.locks ? fillInTurn : fill
  return parts.join(`${cached.entry} ${version}`, () => fillOnce(parts, cached, version, load))
}

async function firstVersion({ invalidation }: Parts, cached: Cached): Promise<Found> {
  const ensuring = invalidation.ensureVersion(cached).then(
    () => true,
    () => false,
  )
  const [isEnsured, found] = await Promise.all([ensuring, invalidation.look(cached)])
  // A key of another type is in its place: from now on it is a version.
  if (isEnsured && 'version' in found && found.version === undefined) {
    noteCorruptValue('cache', cached.version)
    await invalidation.changed({ versions: [cached.version], entries: [] })
  }
  return found
}

/** Undefined where nothing may be stored. */
function usableVersion(found: Found): string | undefined {
  return 'version' in found && found.version !== undefined && !isSuspended(found.version) ? found.version : undefined
}

/** Of all apps one fills; the others look again until it has, for a while. */
async function fillInTurn(parts: Parts, cached: Cached, _version: string, load: Load): Promise<Json> {
  const { invalidation, lock, lease } = parts
  const waitUntil = performance.now() + LOCK_WAIT_MS
  for (;;) {
    // In one round trip, and in this order: who gets the lock sees what its last owner stored.
    const taking = lease.writing(cached.lock, lock.take(cached.lock, LOCK_LIFETIME_MS)).catch(() => NO_LOCK)
    const [owner, found] = await Promise.all([taking, invalidation.look(cached)])
    try {
      if (found.result === 'hit') return found.entry.json
      const version = usableVersion(found)
      if (version === undefined) return await readUncached(parts, cached, load)
      if (owner !== undefined || performance.now() > waitUntil) return await fill(parts, cached, version, load)
    } finally {
      if (owner) await lock.release(cached.lock, owner).catch(() => false)
    }
    await sleep(POLL_MS * (0.5 + Math.random()))
  }
}

/** Redis does not give locks: nobody waits for one. */
const NO_LOCK = ''

async function fill(parts: Parts, cached: Cached, version: string, load: Load): Promise<Json> {
  const { settings, invalidation, observers } = parts
  const [startedAt, filledAt] = [performance.now(), Date.now()]
  observers.redis.filled()
  const { value, fresh } = await invalidation.read(load, cached.owned)
  const json = print(value)
  if (!fresh) return json
  const fillMs = Math.ceil(performance.now() - startedAt)
  const lifetime = lifetimeMs(json ? cached.ttlMs : Math.min(cached.ttlMs, NOTHING_TTL_MS), settings.jitter)
  const bytes = encodeEntry({ version, fillMs, filledAt, expiresAt: Date.now() + lifetime, json })
  if (bytes.length <= LARGEST_VALUE_BYTES) await store(parts, cached.entry, bytes, lifetime)
  return json
}

/** What is of another type looks to MGET like nothing (R18), and is written over; but somebody should hear of it. */
async function store({ redis, lease }: Parts, entry: string, bytes: Buffer, lifetime: number): Promise<void> {
  const type = redis.type(entry).catch(() => 'none')
  await lease.writing(entry, redis.set(entry, bytes, 'PX', lifetime)).catch(() => undefined)
  if (!['none', 'string'].includes(await type)) noteCorruptValue('cache', entry)
}

function readUncached({ invalidation, observers, joinNext }: Parts, cached: Cached, load: Load): Promise<Json> {
  return joinNext(cached.entry, async () => {
    observers.redis.filled()
    const { value } = await invalidation.read(load, cached.owned)
    return print(value)
  })
}

function print(value: object | undefined): Json {
  return value && JSON.stringify(value)
}

/** While the reader has its answer already; where it fails, the entry is filled when it has expired. */
function refresh(parts: Parts, cached: Cached, version: string, load: Load): void {
  const { ways, lock, join, refreshes } = parts
  const work = async (): Promise<void> => {
    const owner = ways.locks ? await lock.take(cached.lock, LOCK_LIFETIME_MS) : NO_LOCK
    if (owner === undefined) return
    await fill(parts, cached, version, load)
    if (owner) await lock.release(cached.lock, owner)
  }
  const running = join(`${cached.entry} early`, work)
    .catch(() => undefined)
    .finally(() => refreshes.delete(running))
  refreshes.add(running)
}
