/**
 * The cache's lease: while an app has it, it believes what Redis says. Redis only knows of the changes that it was told, and one that
 * answers reads and takes no writes would show old prices for as long as nobody notices. So each app asks it now and then to take a
 * write, and its lease ends a while after the last one that was taken. A change that Redis did not take waits for so long, and then no
 * app believes it any more.
 *
 * An app that has lost its lease, or has just started, does not know which changes Redis was not told of: who made them may have died.
 * So it believes nothing that was filled before its lease began; what it fills anew is good for all.
 * Of a Cluster each server has a lease of its own; with keys of another it takes over what that other's lease leaves to doubt.
 * A worker changes what is cached and reads none of it: it needs no lease, and asks only what it has found in trouble.
 * What is left open: an app that alone is cut off from a Redis which the others reach, or an app that was stopped for as long as Redis hung.
 */

import { inStep } from '../process/in-step.ts'
import { logLine } from '../process/log.ts'
import type { RedisClient, RedisServer } from '../redis/client.ts'
import { KEYS } from '../redis/keys.ts'
import { eachServer } from '../redis/servers.ts'
import { RETRY_MS } from './pending-invalidations.ts'

export type Lease = {
  /** Of the server that has the key, as all that follows. */
  isHeld(key: string): boolean
  /** What was filled earlier is not believed; in milliseconds since 1970, as entries have it. */
  beganAt(key: string): number
  /** Passes a write on, and takes note of what becomes of it. */
  writing<Value>(key: string, write: Promise<Value>): Promise<Value>
  /** When the last app ceases to believe a Redis that refuses writes, by `performance.now`; long ago where it refuses none. */
  lapsesAt(key: string): number
  stop(): void
}

/** After a lease was lost Redis may lack changes that another app, which lost its own too, is telling it now. */
const RENEWAL_MS = 8 * RETRY_MS
/** Since the last write that it took. Some probes may be late on a busy machine, and nothing happens. */
const LEASE_MS = 2_000
const PROBE_EVERY_MS = 500
/** Where nothing is read: in step with all that a worker does each second. */
const PROBE_RARELY_MS = 1_000
/** Of three servers the third that is tried is the right one, in the mean. */
const MOST_PROBES = 1_000
/** One that takes no writes hears of no changes. */
const REFUSAL = /\b(?:READONLY|MISCONF|NOPERM|NOREPLICAS)\b/
/** A lost connection is something else: the others have lost theirs. */
const NO_ANSWER = /did not answer/

/** `isRead`: somebody here believes what the cache says. */
export function redisLease(redis: RedisClient, { isRead }: { isRead: boolean }): Lease {
  const states = new WeakMap<RedisServer, LeaseState>()
  const stateOf = (server: RedisServer | undefined) => (server ? states.get(server) : undefined)
  const stateFor = (key: string) => stateOf(redis.serverOf(key))
  const writing: Lease['writing'] = (key, write) => noting(stateFor(key), write)
  const probe = async (server: RedisServer): Promise<void> => {
    const key = server.status === 'ready' ? probeKey(redis, server) : undefined
    if (key === undefined) return
    // Deletes what is never there: a full Redis takes that too, and goes on being believed, as it hears of changes.
    await writing(key, redis.unlink(key)).then(
      () => stateOf(server)?.probed(),
      () => undefined,
    )
  }
  eachServer(redis, (server) => {
    const state = new LeaseState()
    states.set(server, state)
    server.on('close', () => state.lose())
    server.on('ready', () => {
      state.regain()
      void probe(server)
    })
    void probe(server)
  })
  redis.on('moved', (to, from) => stateOf(to)?.inherit(stateOf(from)))
  const isProbed = (server: RedisServer) => isRead || stateOf(server)?.isInTrouble()
  const end = inStep(isRead ? PROBE_EVERY_MS : PROBE_RARELY_MS, () => void redis.servers().filter(isProbed).map(probe))
  return {
    isHeld: (key) => stateFor(key)?.isHeld() ?? false,
    beganAt: (key) => stateFor(key)?.beganAt ?? Number.POSITIVE_INFINITY,
    writing,
    lapsesAt: (key) => (stateFor(key)?.failingSince ?? Number.NEGATIVE_INFINITY) + LEASE_MS,
    stop: end,
  }
}

async function noting<Value>(state: LeaseState | undefined, write: Promise<Value>): Promise<Value> {
  const sentAt = performance.now()
  try {
    const value = await write
    state?.taken(sentAt)
    return value
  } catch (error) {
    state?.failed(error instanceof Error ? error.message : String(error))
    throw error
  }
}

/** One that the server has. Undefined where it has so few slots that none is found: then it is not believed, and they are few. */
function probeKey(redis: RedisClient, server: RedisServer): string | undefined {
  for (let number = 0; number < MOST_PROBES; number++) {
    const key = KEYS.cacheProbe(String(number))
    if (redis.serverOf(key) === server) return key
  }
  return undefined
}

class LeaseState {
  /** Since when no write was taken though there is a connection. */
  failingSince = Number.NEGATIVE_INFINITY
  beganAt = Date.now()
  #takenAt = Number.NEGATIVE_INFINITY
  #heldFrom = 0
  #lost = false
  #refuses = false

  isHeld(): boolean {
    const now = performance.now()
    return !this.#refuses && now >= this.#heldFrom && now < this.#takenAt + LEASE_MS
  }

  isInTrouble(): boolean {
    return this.#refuses || this.failingSince > Number.NEGATIVE_INFINITY
  }

  taken(sentAt: number): void {
    const isFailing = this.failingSince > Number.NEGATIVE_INFINITY
    if (isFailing && sentAt >= this.#takenAt + LEASE_MS) this.#beginLater()
    this.#takenAt = Math.max(this.#takenAt, sentAt)
    this.failingSince = Number.NEGATIVE_INFINITY
  }

  failed(reason: string): void {
    const isRefusal = REFUSAL.test(reason)
    const isFailing = this.failingSince > Number.NEGATIVE_INFINITY
    if (!isFailing && (isRefusal || NO_ANSWER.test(reason))) this.failingSince = performance.now()
    if (!isRefusal || this.#refuses) return
    this.#refuses = true
    logLine(40, `the cache takes no writes, so it is not read either: ${reason}`)
  }

  probed(): void {
    if (!this.#refuses) return
    this.#refuses = false
    this.#beginLater()
    logLine(30, 'the cache takes writes again')
  }

  lose(): void {
    this.#lost = true
  }

  /** Entries came from a server with that lease; nobody knows what one has missed that is not known. */
  inherit(other: LeaseState | undefined): void {
    if (!other || other.#lost) this.#beginLater()
    else {
      this.beganAt = Math.max(this.beganAt, other.beganAt)
      this.#heldFrom = Math.max(this.#heldFrom, other.#heldFrom)
    }
  }

  regain(): void {
    if (this.#lost) this.#beginLater()
    this.#lost = false
  }

  #beginLater(): void {
    this.#heldFrom = performance.now() + RENEWAL_MS
    this.beganAt = Date.now() + RENEWAL_MS
  }
}
