import type { Drill } from './drill.ts'
import { DRILLS, type DrillName } from './drills.ts'
import type { Outcome } from './run-drill.ts'

/** A drill, and what it must find where a protection is off; without `finds` it must find nothing. */
export type PlannedDrill = { readonly drill: DrillName; readonly finds?: string }
/** Drills that share one start of the stage. */
export type PlannedStart = { readonly set: readonly string[]; readonly drills: readonly PlannedDrill[] }

export type Verdict = {
  readonly drill: DrillName
  readonly set: readonly string[]
  readonly ok: boolean
  readonly verdict: string
  readonly outcome: Outcome
}

/** For each setting that takes a protection away, the drills that must see it. */
export function unprotectedStarts(names: readonly DrillName[], drills: Readonly<Record<string, Drill>> = DRILLS): PlannedStart[] {
  const starts = new Map<string, { set: readonly string[]; drills: PlannedDrill[] }>()
  for (const drill of names) {
    for (const { set, finds } of drills[drill]?.unprotected ?? []) {
      const start = starts.get(set.join(' ')) ?? { set, drills: [] }
      start.drills.push({ drill, finds })
      starts.set(set.join(' '), start)
    }
  }
  return [...starts.values()]
}

/** A drill proves something only if it is green for a stage as it is, and red for the right reason without its protection. */
export function judge({ drill, finds }: PlannedDrill, set: readonly string[], outcome: Outcome): Verdict {
  const { wrong } = outcome
  const found = finds !== undefined && wrong.some((line) => line.includes(finds))
  const ok = finds === undefined ? wrong.length === 0 : found
  return { drill, set, ok, verdict: verdictOf(wrong, finds, found), outcome }
}

function verdictOf(wrong: readonly string[], finds: string | undefined, found: boolean): string {
  if (wrong.length === 0) return finds === undefined ? 'green' : `green, and it should have found "${finds}"`
  if (finds === undefined) return 'red, and it should be green'
  return found ? 'red as expected' : `red for something else than "${finds}"`
}

export function describeVerdict({ drill, set, ok, verdict }: Verdict): string {
  return `${ok ? 'ok   ' : 'WRONG'} ${drill} ${set.length === 0 ? 'as it is' : `with ${set.join(' ')}`}: ${verdict}`
}
