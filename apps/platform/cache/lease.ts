/**
 * The cache's lease: while an app has it, it believes what Redis says. Redis only knows of the changes that it was told, and one that
 * answers reads and takes no writes would show old prices for as long as nobody notices. So each app asks it now and then to take a
 * write, and its lease ends a while after the last one that was taken. A change that Redis did not take waits for so long, and then no
 * app believes it any more.
 *
 * An app that has lost its lease, or has just started, does not know which changes Redis was not told of: who made them may have died.
 * So it believes nothing that was filled before its lease began; what it fills anew is good for all.
 * What is left open: an app that alone is cut off from a Redis which the others reach, or an app that was stopped for as long as Redis hung.
 */

import { inStep } from '../process/in-step.ts'
import { logLine } from '../process/log.ts'
import type { RedisClient } from '../redis/client.ts'
import { KEYS } from '../redis/keys.ts'
import { RETRY_MS } from './pending-invalidations.ts'

export type Lease = {
  isHeld(): boolean
  /** What was filled earlier is not believed; in milliseconds since 1970, as entries have it. */
  beganAt(): number
  /** Passes a write on, and takes note of what becomes of it. */
  writing<Value>(write: Promise<Value>): Promise<Value>
  /** When the last app ceases to believe a Redis that refuses writes, by `performance.now`; long ago where it refuses none. */
  lapsesAt(): number
  stop(): void
}

/** After a lease was lost Redis may lack changes that another app, which lost its own too, is telling it now. */
const RENEWAL_MS = 8 * RETRY_MS
/** Since the last write that it took. Some probes may be late on a busy machine, and nothing happens. */
const LEASE_MS = 2_000
const PROBE_EVERY_MS = 500
/** One that takes no writes hears of no changes. */
const REFUSAL = /\b(?:READONLY|MISCONF|NOPERM|NOREPLICAS)\b/
/** A lost connection is something else: the others have lost theirs. */
const NO_ANSWER = /did not answer/

export function redisLease(redis: RedisClient): Lease {
  const state = new LeaseState()
  redis.on('close', () => state.lose())
  const writing = async <Value>(write: Promise<Value>): Promise<Value> => {
    const sentAt = performance.now()
    try {
      const value = await write
      state.taken(sentAt)
      return value
    } catch (error) {
      state.failed(error instanceof Error ? error.message : String(error))
      throw error
    }
  }
  const probe = async (): Promise<void> => {
    if (redis.status !== 'ready') return
    // Deletes what is never there: a full Redis takes that too, and goes on being believed, as it hears of changes.
    await writing(redis.unlink(KEYS.cacheProbe('write'))).then(
      () => state.probed(),
      () => undefined,
    )
  }
  redis.on('ready', () => {
    state.regain()
    void probe()
  })
  void probe()
  const end = inStep(PROBE_EVERY_MS, probe)
  return {
    isHeld: () => state.isHeld(),
    beganAt: () => state.beganAt,
    writing,
    lapsesAt: () => state.failingSince + LEASE_MS,
    stop: end,
  }
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

  regain(): void {
    if (this.#lost) this.#beginLater()
    this.#lost = false
  }

  #beginLater(): void {
    this.#heldFrom = performance.now() + RENEWAL_MS
    this.beganAt = Date.now() + RENEWAL_MS
  }
}
