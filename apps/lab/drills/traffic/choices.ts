/** What a drill leaves to chance; the same seed chooses the same again. */
import type { Draw } from '../../../../loadtests/popularity.ts'

/** Throws where there is nothing to choose from. */
export function oneOf<Item>(items: readonly Item[], draw: Draw): Item {
  if (items.length === 0) throw new Error('there is nothing to choose from')
  return items[Math.floor(draw() * items.length)] as Item
}

export function shuffled<Item>(items: readonly Item[], draw: Draw): Item[] {
  return items
    .map((item) => ({ item, place: draw() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item)
}
