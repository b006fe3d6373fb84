/**
 * What shoppers look at. Product `prd_00001` is the most popular, and the k-th is wanted 1/k as often (Zipf's law with s = 1).
 * Every journey draws from numbers of its own, made from the seed and the journey's number, so that two stages under the same
 * load are asked for the same products in the same order, however k6 spreads the journeys over its virtual users.
 */
export const PRODUCTS = 10_000
export const CATEGORIES = 50

/** Gives the next number, 0 ≤ n < 1. */
export type Draw = () => number

/** One of all products, or of so many of the most popular ones. */
export function popularProduct(draw: Draw, among = PRODUCTS): string {
  return productId(zipf(draw(), among))
}

/** From 1, the most popular one, to `PRODUCTS`. */
export function productId(rank: number): string {
  return `prd_${String(rank).padStart(5, '0')}`
}

export function popularCategory(draw: Draw): string {
  return `cat_${String(zipf(draw(), CATEGORIES)).padStart(2, '0')}`
}

/**
 * A rank from 1 to `size`. Inverts the distribution function of the density 1/x over ½ … size + ½ instead of searching a
 * table: one power a draw and no memory, and no rank is more than one hundredth of all draws away from the exact law.
 */
export function zipf(uniform: number, size: number): number {
  return Math.min(size, Math.round(0.5 * (2 * size + 1) ** uniform))
}

/** The numbers of one journey (mulberry32: a 32-bit generator of one multiplication-and-shift chain a number). */
export function drawsOf(seed: number, journey: number): Draw {
  let state = Math.imul(seed, 0x85ebca6b) ^ Math.imul(journey + 1, 0x9e3779b1)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
