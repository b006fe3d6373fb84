/**
 * A fresh process interprets its code, and V8 compiles what runs often while requests are being answered, on threads whose CPU counts too: a
 * cached page cost 88 µs after 6,000 requests, and 49 in the end. What has more code takes longer to get there, so that a warm-up of one length
 * compares what is warm with what is not. So all are asked in rounds until a round of none of them costs less any more.
 */

/** Of the last rounds the cheapest counts: what a neighbour disturbs costs more, and nothing makes a round cheaper than it is. */
const LAST_ROUNDS = 3
/** Rounds differ by so much in a process that has been warm for long. */
const NOISE = 0.03

/** `figures`: what each round cost, in their order. */
export function isWarm(figures: readonly number[]): boolean {
  const before = figures.slice(0, -LAST_ROUNDS)
  if (before.length === 0) return false
  return Math.min(...figures.slice(-LAST_ROUNDS)) >= Math.min(...before) * (1 - NOISE)
}

/** In turn, so that all meet the same noise, until all are warm; answers after how many rounds. `most`: with so many it has to be enough. */
export async function warmUp(rounds: readonly (() => Promise<number>)[], most: number): Promise<number> {
  const figures = rounds.map((): number[] => [])
  for (let round = 1; round <= most; round++) {
    for (const [index, cost] of rounds.entries()) figures[index]?.push(await cost())
    if (figures.every(isWarm)) return round
  }
  return most
}
