import type { Secrets } from '../local/state/secrets.ts'
import type { Plan } from '../stage/plan.ts'

export type ComposeContext = { readonly plan: Plan; readonly secrets: Secrets }

/** Text by file name. `start` and `health` are run by bash in the container; what ends by itself has no health. */
export type ProgramFiles = Readonly<Record<string, string>> & { readonly start: string; readonly health?: string }
