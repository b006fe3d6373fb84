/** How many changes of the primary's position are remembered: a minute of writes, seen ten times a second at the most. */
const MOST_ENTRIES = 600
/** What is said of a replica that lacks the oldest transaction that we know of (milliseconds). */
export const LONGEST_LAG_MS = 600_000

/** When the primary had how many transactions. A replica's lag is for how long the primary has had one that it has not; no heartbeat is written for that. */
export class PositionHistory {
  #entries: { transactions: number; at: number }[] = []

  add(transactions: number, at: number): void {
    const last = this.#entries.at(-1)
    if (last && transactions <= last.transactions) return
    this.#entries.push({ transactions, at })
    if (this.#entries.length > MOST_ENTRIES) this.#entries.shift()
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** In milliseconds. */
  lagOf(transactions: number, now: number): number {
    const missing = this.#entries.findIndex((entry) => entry.transactions > transactions)
    const first = this.#entries[missing]
    if (!first) return 0
    // The oldest entry tells only that it was there, not since when.
    return missing === 0 ? LONGEST_LAG_MS : Math.min(LONGEST_LAG_MS, Math.round(Math.max(0, now - first.at)))
  }

  /** Forgets what the new primary has not: nobody will ever have it. */
  cut(transactions: number): void {
    const kept = this.#entries.filter((entry) => entry.transactions <= transactions)
    this.#entries = kept.length > 0 ? kept : [{ transactions, at: performance.now() }]
  }
}
