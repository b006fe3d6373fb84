import type { Measured } from './load.ts'

/** The highest rate of finished journeys that was kept in a round; the load for CPU demand counts too. */
export function capacityOf({ demand, search }: { readonly demand: Measured; readonly search: readonly Measured[] }): number {
  const kept = [demand, ...search].filter(({ result }) => result.kept)
  return Math.max(0, ...kept.map(({ result }) => result.finishedRate))
}
