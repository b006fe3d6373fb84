import type { LRUCache } from 'lru-cache'
import { ShopError } from '../http/errors.ts'
import type { Limit, Standing } from '../http/standing.ts'
import { recentlyUsed } from '../process/recently-used.ts'

/**
 * Why a fixed window: it is one number and its end, and it keeps the promise as it is worded, so that the next call after `most`
 * is refused wherever it comes, and a client is told when all of them are back. What it costs: a caller who hits the end of a
 * window right may make twice `most` calls at once. A sliding log would never, but remembers each call; a sliding counter (two
 * windows, weighted) guesses; a token bucket is as small and smoother, but also lets up to twice `most` through in a window.
 * For limits that are there to stop abuse, and lie far above what anybody needs, twice is near enough.
 */
export interface Limiter {
  /** Counts one. Throws TOO_MANY_REQUESTS with the seconds until the window ends. */
  take(key: string): Promise<Standing>
}

export interface FailureLimiter {
  /**
   * Runs the attempt, and counts it where it answers undefined. Throws TOO_MANY_REQUESTS after too many failures.
   * Attempts under way could all fail, so no more of them run at once than failures are left: the others wait, as they may be right.
   */
  guard<Value>(key: string, attempt: () => Promise<Value | undefined>): Promise<Value | undefined>
}

/** Keys remembered by one limiter; the least recently used are forgotten first, so that a flood of keys cannot fill the memory. */
const MOST_KEYS = 50_000

type Window = { count: number; readonly endsAt: number }

/** Counts in this process alone: behind a load balancer every copy of the app counts for itself, which stage 3 shows to be too lax. */
export function memoryLimiter(limit: Limit): Limiter {
  const windows = recentlyUsed<Window>(MOST_KEYS)
  return {
    async take(key) {
      const window = current(windows, key, (endsAt) => ({ count: 0, endsAt }), limit)
      if (window.count >= limit.most) throw tooMany(limit, msUntil(window))
      window.count += 1
      return { limit, remaining: limit.most - window.count, resetMs: msUntil(window) }
    },
  }
}

type Attempts = Window & { running: number; waiting: (() => void)[] }

/** In this process alone, as `memoryLimiter`. */
export function memoryFailureLimiter(limit: Limit): FailureLimiter {
  const windows = recentlyUsed<Attempts>(MOST_KEYS)
  return {
    async guard(key, attempt) {
      const window = await enter(windows, key, limit)
      try {
        const value = await attempt()
        if (value === undefined) window.count += 1
        return value
      } finally {
        window.running -= 1
        for (const wake of window.waiting.splice(0)) wake()
      }
    },
  }
}

async function enter(windows: LRUCache<string, Attempts>, key: string, limit: Limit): Promise<Attempts> {
  for (;;) {
    const window = current(windows, key, (endsAt) => ({ count: 0, endsAt, running: 0, waiting: [] }), limit)
    if (window.count >= limit.most) throw tooMany(limit, msUntil(window))
    if (window.count + window.running < limit.most) {
      window.running += 1
      return window
    }
    // Not for ever: whoever runs has deadlines for the database and for the hash.
    await new Promise<void>((resolve) => window.waiting.push(resolve))
  }
}

function current<W extends Window>(windows: LRUCache<string, W>, key: string, start: (endsAt: number) => W, limit: Limit): W {
  const now = performance.now()
  const found = windows.get(key)
  if (found && found.endsAt > now) return found
  const fresh = start(now + limit.windowMs)
  windows.set(key, fresh)
  return fresh
}

function msUntil({ endsAt }: Window): number {
  return endsAt - performance.now()
}

export function tooMany(limit: Limit, resetMs: number): ShopError {
  const retryAfterS = Math.max(1, Math.ceil(resetMs / 1_000))
  const standing = { limit, remaining: 0, resetMs }
  return new ShopError('TOO_MANY_REQUESTS', `at most ${limit.most} in ${limit.windowMs / 1_000} s`, { retryAfterS, standing })
}
