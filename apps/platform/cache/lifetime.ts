import type { Settings } from '../../../infra/stage/settings.ts'

/** The largest part of its life that an entry may lose. Never more than the setting: that is what its readers were promised. */
const JITTER = 0.2
/** 1 is the paper's optimum; more refreshes earlier. */
const BETA = 1
/** No logarithm of a number of 53 random bits is greater: most readers come far earlier, and need none. */
const MOST_FILLS = 37

/** Entries that were written together do not expire together (B10): each lives for 80 to 100 % of the time. */
export function lifetimeMs(ttlMs: number, jitter: Settings['jitter'], random = Math.random): number {
  return jitter === 'off' ? ttlMs : Math.ceil(ttlMs * (1 - JITTER * random()))
}

/**
 * Refresh before the end, by chance: the nearer the end and the slower the fill, the likelier. Of many readers of a hot key one does
 * it in time, without a word between them (XFetch, Vattani, Chierichetti and Lowenstein, "Optimal Probabilistic Cache Stampede
 * Prevention", PVLDB 8, 2015). Lengthening the old entry instead, as is sometimes shown, only serves it for longer (R8).
 */
export function isDue(entry: { fillMs: number; expiresAt: number }, now = Date.now(), random = Math.random): boolean {
  if (entry.expiresAt - now > MOST_FILLS * entry.fillMs * BETA) return false
  return now - entry.fillMs * BETA * Math.log(1 - random()) >= entry.expiresAt
}
