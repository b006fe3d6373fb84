/** Which keys this app is asked for most, by counting its own reads: no server has to be asked, and each app looks after what is hot for it. */
export type ReadCounts = {
  /** Counts a read of this key, and says whether it is among the hot ones. */
  isHot(key: string): boolean
}

const WINDOW_MS = 1_000
/** In a window: far more than an app would ask Redis for one that it keeps a copy of. */
const HOT_READS = 50
/** Of which one is not hot as a rule; what is comes again. */
const MOST_KEYS = 10_000

export function readCounts(now = () => performance.now()): ReadCounts {
  let beganAt = now()
  let counts = new Map<string, number>()
  let before = counts
  const turn = (): void => {
    const age = now() - beganAt
    if (age < WINDOW_MS) return
    before = age < 2 * WINDOW_MS ? counts : new Map()
    counts = new Map()
    beganAt += age - (age % WINDOW_MS)
  }
  return {
    isHot(key) {
      turn()
      const count = (counts.get(key) ?? 0) + 1
      if (count > 1 || counts.size < MOST_KEYS) counts.set(key, count)
      return count >= HOT_READS || (before.get(key) ?? 0) >= HOT_READS
    },
  }
}
