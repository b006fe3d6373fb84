import type { Draw } from '../../../loadtests/popularity.ts'
import type { DrillName } from './drills.ts'
import { oneOf } from './traffic/choices.ts'

/** Faults by chance, without end; whoever asks heals the stage in between. */
export function* randomDrills(fitting: readonly DrillName[], draw: Draw): Generator<DrillName, never> {
  for (;;) yield oneOf(fitting, draw)
}
