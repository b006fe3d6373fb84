/** The id of an entry: when it was added, and which of that millisecond it is. */
export const ENTRY_ID = /^\d{1,15}-\d{1,15}$/

export function isAfter(one: string, other: string): boolean {
  const [oneMs = 0, oneNumber = 0] = one.split('-').map(Number)
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number)
  return oneMs === otherMs ? oneNumber > otherNumber : oneMs > otherMs
}

/** In milliseconds. */
export function timeOf(entry: string): number {
  return Number(entry.split('-', 1)[0])
}
