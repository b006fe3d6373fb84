/** How a change reaches what is cached: the setting `invalidation`. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ERRORS, ShopError } from '../http/errors.ts'
import type { Database, Databases } from '../mysql/database.ts'
import type { RedisClient } from '../redis/client.ts'
import { type FreshRead, readFresh } from './fresh-reads.ts'
import { endOfCopies, type HotKeys, hotKeys, noHotKeys } from './hot-keys.ts'
import { type InDoubt, inDoubtChanges } from './in-doubt.ts'
import type { Lease } from './lease.ts'
import { type CacheKeys, type Look, plainLook, versionedLook } from './lookup.ts'
import { type PendingInvalidations, pendingInvalidations } from './pending-invalidations.ts'
import { changeToken, redisVersions } from './versions.ts'

/** What a change touches: the versions of all entries that show it, and the one entry that a simple mind would think of. */
export type Touched = { readonly versions: readonly string[]; readonly entries: readonly string[]; readonly owned?: Owned }

/** What belongs to a user, and where it is kept. */
export type Owned = { readonly databases: Databases; readonly userId: string }

type Load<Value> = (db: Database) => Promise<Value>

export interface Invalidation {
  readonly look: Look
  /** For readers of what is nobody's own. */
  readonly hotKeys: HotKeys
  /** Makes a version for entries that have none. */
  ensureVersion(keys: CacheKeys): Promise<unknown>
  /** Reads what an entry is filled with; what is not fresh is shown and not kept. */
  read<Value>(load: Load<Value>, owned?: Owned): Promise<FreshRead<Value>>
  change<Value>(touched: Touched, work: () => Promise<Value>, hasCommitted?: (value: Value) => boolean): Promise<Value>
  changed(touched: Touched): Promise<void>
  stop(): Promise<void>
}

type Parts = {
  readonly redis: RedisClient
  readonly databases: Databases
  readonly lease: Lease
  /** Whether apps keep copies of what they are asked for most: then a change waits until those have ended. */
  readonly copies: boolean
}

/** No entry that was read before a change counts after it, and each is filled from a database that has all changes. */
export function versioned({ redis, databases, lease, copies }: Parts): Invalidation {
  const versions = redisVersions(redis, lease)
  const pending = pendingInvalidations(versions.renew)
  const untold = async (key: string, token?: string): Promise<true> => {
    pending.add([key], token)
    await untilHarmless(key, pending, lease)
    return true
  }
  // Each by itself: where one server of a Cluster does not hear of it, the others have.
  const renew = async ({ keys, isOwned }: Renewed, token?: string): Promise<void> => {
    const copied = await Promise.all(keys.map((key) => versions.renew([key], token).catch(() => untold(key, token))))
    if (copies && !isOwned && copied.includes(true)) await endOfCopies()
  }
  /** Before a commit: whoever reads what it has changed reads nothing older later, in no other app either. */
  const suspend = async ({ keys, isOwned }: Renewed, token: string): Promise<boolean> => {
    const copied = await versions.suspend(keys, token).catch(() => undefined)
    if (copies && !isOwned && copied !== false) await endOfCopies()
    return copied !== undefined
  }
  const inDoubt = inDoubtChanges({
    suspend: ({ keys, token }) => versions.suspend(keys, token),
    renew: ({ keys, token }) => renew({ keys, isOwned: true }, token),
    againAfterMs: SUSPEND_AGAIN_MS,
    giveUpAfterMs: IN_DOUBT_MS,
  })
  const look = versionedLook(redis, lease, pending.has)
  return {
    look,
    hotKeys: copies ? hotKeys({ look, lease, isPending: pending.has, mark: versions.mark }) : noHotKeys(look),
    ensureVersion: (keys) => versions.ensure(keys.version),
    // Who owns it is the only one to have changed it, and each change was noted before its new version.
    read: (load, owned) => (owned ? readAsOwner(owned, load) : readFresh(databases, load)),
    change: (touched, work, hasCommitted = () => true) =>
      changeSuspended({ suspend, pending, inDoubt, renew }, placed(touched, databases), { work, hasCommitted }),
    changed: (touched) => renew(placed(touched, databases)),
    stop: async () => {
      inDoubt.stop()
      await pending.stop()
    },
  }
}

/** A replica will do that has all that the owner has written, or the primary. */
async function readAsOwner<Value>({ databases, userId }: Owned, load: Load<Value>): Promise<FreshRead<Value>> {
  return { value: await load(await databases.readsOf(userId)), fresh: true }
}

/** No app keeps copies of what is somebody's own. */
type Renewed = { readonly keys: readonly string[]; readonly isOwned: boolean }
type Placed = Renewed & { readonly place: Databases; sawIt(): Promise<void> }

function placed({ versions, owned }: Touched, everybodys: Databases): Placed {
  const place = owned?.databases ?? everybodys
  const sawIt = async () => owned && place.saw(owned.userId).catch(() => undefined)
  return { keys: versions, isOwned: owned !== undefined, place, sawIt }
}

/** An app that can commit nothing for so long has other worries than old pages. */
const IN_DOUBT_MS = 600_000

/** Where it could not be suspended at first, old pages may be believed until it is. */
const SUSPEND_AGAIN_MS = 5_000
const POLL_MS = 20

/** What Redis would not hear of, other apps go on showing: until it has heard of it, or they believe it no more. */
async function untilHarmless(key: string, pending: PendingInvalidations, lease: Lease): Promise<void> {
  const lapsesAt = lease.lapsesAt(key)
  while (pending.has(key) && performance.now() < lapsesAt) await sleep(POLL_MS)
}

type Changing = {
  readonly pending: PendingInvalidations
  readonly inDoubt: InDoubt
  /** False where Redis did not hear of all of it. */
  suspend(what: Renewed, token: string): Promise<boolean>
  renew(what: Renewed, token: string): Promise<void>
}

type Change<Value> = { work(): Promise<Value>; hasCommitted(value: Value): boolean }

/**
 * An app that dies between the commit and the new versions leaves them suspended, and what it changed is read from the database.
 * The change itself never fails for the cache's sake.
 */
async function changeSuspended<Value>(
  { suspend, pending, inDoubt, renew }: Changing,
  placed: Placed,
  { work, hasCommitted }: Change<Value>,
): Promise<Value> {
  const beganAt = performance.now()
  const token = changeToken()
  const { keys, place, sawIt } = placed
  const suspended = await suspend(placed, token)
  try {
    const value = await work()
    // What found nothing to change waits for no commit before it, and says nothing of any.
    await Promise.all([renew(placed, token), hasCommitted(value) && inDoubt.resolve(place, beganAt)])
    return value
  } catch (error) {
    if (isDecided(error)) await renew(placed, token)
    else {
      inDoubt.add({ keys, token, place, sawIt })
      if (!suspended) pending.add(keys)
    }
    throw error
  }
}

/** Then nothing was changed, or nothing is being changed any more. Of any other error nobody knows: a commit may still be on its way. */
function isDecided(error: unknown): boolean {
  return error instanceof ShopError && (ERRORS[error.code].status < 500 || error.code === 'TOO_LATE')
}

/** The usual way: delete what was changed, after the commit. A fill that read before it may store after it (B4), and lists are forgotten. */
export function deletion({ redis, databases, lease }: Parts): Invalidation {
  const changed = async ({ entries }: Touched): Promise<void> => {
    await Promise.all(entries.map((key) => lease.writing(key, redis.unlink(key)))).catch(() => undefined)
  }
  return {
    ...expiry({ redis, databases }),
    async change(touched, work) {
      const value = await work()
      await changed(touched)
      return value
    },
    changed,
  }
}

/** Nothing but time: a change is seen when the entry has expired (B2). */
export function expiry({ redis, databases }: Pick<Parts, 'redis' | 'databases'>): Invalidation {
  const look = plainLook(redis)
  return {
    look,
    hotKeys: noHotKeys(look),
    ensureVersion: async () => {},
    read: async (load, owned) => (owned ? readAsOwner(owned, load) : { value: await load(databases.reads), fresh: true }),
    change: (_touched, work) => work(),
    changed: async () => {},
    stop: async () => {},
  }
}
