/**
 * Replicas are late. After a write the place in the primary's log is kept for its user, and a read of that user goes to a replica
 * that has come to that place: one that is known to, or one that gets there in a moment. Where there is none, to the primary.
 */
import type { Roles } from '../../../infra/mysql/roles.ts'
import { ShopError } from '../http/errors.ts'
import { countFreshRead, type FreshReadOutcome } from '../http/metrics.ts'
import { recentlyUsed } from '../process/recently-used.ts'
import { within } from '../process/within.ts'
import type { Database, Databases } from './database.ts'
import type { LogPosition } from './log-position.ts'
import { selectPosition, selectReached } from './queries.ts'
import type { Noted, WrittenPositions } from './written-positions.ts'

export type FreshReads = Pick<Databases, 'readsOf' | 'readsAfter' | 'position' | 'wrote' | 'saw'> & {
  /** To be called when roles have changed: what was known of a server need not be true any more. */
  forget(): void
}

export type ReadYourWritesParts = {
  readonly writes: Database
  readonly reads: Database
  readonly written: WrittenPositions
  readonly rememberedMs: number
  /** Those that may be read, another one first each time. */
  replicas(): readonly Replica[]
  flavour(): Roles['flavour'] | undefined
  /** Of this copy of the app, in the log of the primary; undefined where that does not say. */
  lastCommit(): LogPosition | undefined
  /** False where nobody has looked for a while how far the replicas lag. */
  isWatched(): boolean
}

export type Replica = {
  readonly name: string
  /** Reads from it, and from the primary if it is lost. */
  readonly database: Database
  /** Asks it and no other. */
  readonly itself: Database
}

/** A replica is usually milliseconds behind; longer than this the primary is the quicker one. */
const WAIT_MS = 100
/** For the whole question: a server that hangs does not answer that it is late. */
const ASK_MS = 250
/** For asking the primary where it stands. It takes writes, so this is only about one that hangs since. */
const POSITION_MS = 1_000
/** One that was late is late for others too: they do not wait for it. */
const LATE_MS = 500
/** A write that Redis did not note is answered when all replicas have it; those that lag further are about to be left out. */
const EVERYWHERE_MS = 1_000
const MOST_KNOWN = 5_000
const MOST_UNNOTED = 10_000

export function readYourWrites(parts: ReadYourWritesParts): FreshReads {
  const { writes, reads, written } = parts
  const position = oneAtATime(() => positionOf(parts))
  const findReplica = replicaFinder(parts)
  // Where Redis did not take the note, this copy of the app remembers that there was a write.
  const unnoted = recentlyUsed<true>(MOST_UNNOTED, { ttlMs: parts.rememberedMs })
  const readsAfterAll = async (positions: readonly LogPosition[] | undefined): Promise<Database> => {
    const found = positions && (await findReplica(positions))
    countFreshRead(found?.outcome ?? 'primary')
    return found?.replica.database ?? writes
  }
  // The write is done and will be answered; that we could not note it must not change that.
  const note = async (userId: string, place: LogPosition | undefined, how: Noted): Promise<void> => {
    await written.store(userId, place, how).catch(() => {
      unnoted.set(userId, true)
      return place === undefined ? undefined : within(EVERYWHERE_MS, reachedEverywhere(parts, place))
    })
  }
  const saw = async (userId: string) => note(userId, await within(POSITION_MS, position()), 'seen')
  return {
    async readsOf(userId) {
      const positions = unnoted.has(userId) || !parts.isWatched() ? undefined : await written.find(userId)
      if (positions?.length !== 0) return readsAfterAll(positions)
      countFreshRead('any')
      return reads
    },
    readsAfter: (position) => readsAfterAll(position === undefined ? undefined : [position]),
    position,
    async wrote(userId) {
      const place = parts.lastCommit()
      await (place === undefined ? saw(userId) : note(userId, place, 'written'))
    },
    saw,
    forget: findReplica.forget,
  }
}

/** Returns when every replica that may be read has it: then any app may read any of them. */
async function reachedEverywhere({ replicas, flavour }: ReadYourWritesParts, position: LogPosition): Promise<void> {
  await Promise.all(replicas().map((replica) => hasReached(replica, flavour(), [position], EVERYWHERE_MS).catch(() => false)))
}

/** Any replica will do, however late: the setting that shows what the rest of this file is for. */
export function readAnything(reads: Database, fresh: FreshReads): FreshReads {
  return { ...fresh, readsOf: async () => reads, wrote: async () => {}, saw: async () => {} }
}

function positionOf({ writes, flavour }: ReadYourWritesParts): Promise<LogPosition> {
  const known = flavour()
  if (known === undefined) throw new ShopError('UNAVAILABLE', 'nobody has said yet what the databases are', { retryAfterS: 1 })
  return selectPosition(writes, known)
}

/** Who asks while a question is under way shares the next one: that is asked later than all that its callers have done. */
function oneAtATime<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<Value> | undefined
  let next: Promise<Value> | undefined
  const start = (): Promise<Value> => {
    next = undefined
    const asked = Promise.try(ask).finally(() => {
      if (running === asked) running = undefined
    })
    running = asked
    return asked
  }
  return () => {
    if (!running) return start()
    next ??= running.then(start, start)
    return next
  }
}

type Found = { readonly replica: Replica; readonly outcome: FreshReadOutcome }

function replicaFinder({ replicas, flavour }: ReadYourWritesParts) {
  const known = recentlyUsed<true>(MOST_KNOWN)
  const lateUntil = new Map<string, number>()
  const fact = ({ name }: Replica, position: LogPosition): string => `${name} ${position}`
  const isLate = ({ name }: Replica): boolean => performance.now() < (lateUntil.get(name) ?? 0)
  const arrives = async (replica: Replica, positions: readonly LogPosition[]): Promise<boolean> => {
    const arrived = await within(ASK_MS, hasReached(replica, flavour(), positions))
    if (arrived) for (const position of positions) known.set(fact(replica, position), true)
    else lateUntil.set(replica.name, performance.now() + LATE_MS)
    return arrived === true
  }
  async function find(positions: readonly LogPosition[]): Promise<Found | undefined> {
    const candidates = replicas()
    const knowing = candidates.find((replica) => positions.every((position) => known.has(fact(replica, position))))
    if (knowing) return { replica: knowing, outcome: 'known' }
    const promising = candidates.find((replica) => !isLate(replica))
    if (promising && (await arrives(promising, positions))) return { replica: promising, outcome: 'waited' }
    return undefined
  }
  return Object.assign(find, { forget: () => known.clear() })
}

async function hasReached(
  replica: Replica,
  flavour: Roles['flavour'] | undefined,
  positions: readonly LogPosition[],
  waitMs = WAIT_MS,
): Promise<boolean> {
  if (flavour === undefined) return false
  for (const position of positions) if (!(await selectReached(replica.itself, flavour, position, waitMs))) return false
  return true
}
