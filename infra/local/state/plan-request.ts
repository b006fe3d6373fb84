/** What the runner of a stage is asked to go over to while the stage runs. */
import { readFileSync } from 'node:fs'
import { writeAtomically } from '../../process/atomic-file.ts'
import type { Build } from '../../stage/app-programs.ts'
import type { Resharding } from '../../stage/plan.ts'

/** What it does not name stays as it is. The runner's answer in the stage's state has the same id. */
export type PlanRequest = {
  readonly id: string
  readonly resharding?: Resharding
  /** `name=value` pairs, as of `--set`. What runs already keeps the settings that it was started with. */
  readonly changed?: readonly string[]
  readonly deployed?: Deployed
}
/** Copies that are started, or started anew, from another checkout; from that which runs the stage, where none is named. */
export type Deployed = {
  readonly programs: readonly string[]
  readonly build?: Build
  /** The service whose tables go over to that build first. */
  readonly tablesOf?: string
}
export type PlanChanges = Omit<PlanRequest, 'id'>

/** Tells the runner that there is a request. */
export const PLAN_SIGNAL = 'SIGUSR2'

export function readRequest(file: string): PlanRequest {
  return JSON.parse(readFileSync(file, 'utf8'))
}

export function writeRequest(file: string, request: PlanRequest): void {
  writeAtomically(file, `${JSON.stringify(request)}\n`, { survivesPowerCut: false })
}
