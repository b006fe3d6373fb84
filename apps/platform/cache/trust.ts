/**
 * Whether what Redis says may be believed: it only knows of the changes that it was told. A Redis that answers reads and takes no writes
 * would show old prices for as long as nobody notices. So each app asks it now and then to take a write, and believes it only for a
 * while after the last one that it took. A change that Redis did not take waits for so long, and then no app believes it any more.
 * What is left open: an app that alone is cut off from a Redis which the others reach cannot tell them of its changes.
 */

import { logLine } from '../process/log.ts'
import type { RedisClient } from '../redis/client.ts'
import { KEYS } from '../redis/keys.ts'
import { RETRY_MS } from './debts.ts'

export type Trust = {
  given(): boolean
  /** Passes a write on, and takes note of what becomes of it. */
  writing<Value>(write: Promise<Value>): Promise<Value>
  /** When the last app ceases to believe a Redis that refuses writes, by `performance.now`; long ago where it refuses none. */
  lapsesAt(): number
  stop(): void
}

/** After a connection was lost Redis may lack changes that another app, whose connection it was too, is telling it now. */
const DISTRUSTED_MS = 8 * RETRY_MS
/** Since the last write that it took. Some probes may be late on a busy machine, and nothing happens. */
const BELIEVED_MS = 2_000
const PROBE_EVERY_MS = 500
/** One that takes no writes hears of no changes. */
const REFUSAL = /\b(?:READONLY|MISCONF|NOPERM|NOREPLICAS)\b/
/** A lost connection is something else: the others have lost theirs. */
const NO_ANSWER = /did not answer/

export function redisTrust(redis: RedisClient): Trust {
  const state = new TrustState()
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
  const timer = setInterval(probe, PROBE_EVERY_MS).unref()
  return {
    given: () => state.isGiven(),
    writing,
    lapsesAt: () => state.failingSince + BELIEVED_MS,
    stop: () => clearInterval(timer),
  }
}

class TrustState {
  /** Since when no write was taken though there is a connection. */
  failingSince = Number.NEGATIVE_INFINITY
  #takenAt = Number.NEGATIVE_INFINITY
  #trustedFrom = 0
  #lost = false
  #refuses = false

  isGiven(): boolean {
    const now = performance.now()
    return !this.#refuses && now >= this.#trustedFrom && now < this.#takenAt + BELIEVED_MS
  }

  taken(sentAt: number): void {
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
    this.#distrust()
    logLine(30, 'the cache takes writes again')
  }

  lose(): void {
    this.#lost = true
  }

  regain(): void {
    if (this.#lost) this.#distrust()
    this.#lost = false
  }

  #distrust(): void {
    this.#trustedFrom = performance.now() + DISTRUSTED_MS
  }
}
