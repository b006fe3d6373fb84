/** A stage of a comparison, wherever it runs: it has ports and data of its own, so that whatever else runs here is left alone. */
import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import type { Plan } from '../../../../infra/stage/plan.ts'
import { CommandError } from '../../runner/command.ts'
import type { Contestant } from '../request.ts'

export type ComparedStage = {
  /** Place in the comparison, from 0. */
  readonly index: number
  /** Tells two contestants of one stage apart: the stage's name, and the settings that it was given. */
  readonly label: string
  readonly contestant: Contestant
  readonly plan: Plan
  readonly held: HeldStage
  /** As it was when it had started; sizes come later. */
  readonly state: StageState
  /** Aborted when the stage is gone. */
  readonly gone: AbortSignal
  /** The file of who is logged in, where a workload has somebody buy. */
  readonly customers?: string
}

/** Started for us, fresh and unsized. */
export type HeldStage = {
  /** A folder that goes with the stage. */
  readonly folder: string
  /** Where its programs say what they do, for a person. */
  readonly logs: string
  /** Proven, and at full speed. */
  readonly state: StageState
  /** Undefined when it is gone. */
  now(): StageState | undefined
  /** Gives the hosts their size. */
  size(): Promise<void>
  /** Takes the sizes from the hosts, for work that is not measured, and gives them back. */
  atFullSpeed<Value>(work: () => Promise<Value>): Promise<Value>
  /** When it has ended, by itself or not. */
  readonly ended: Promise<unknown>
  /** Ends it. Its data is thrown away, as another comparison starts afresh. */
  remove(): Promise<void>
}

/** What starts a stage of a comparison in its place. */
export type StartOptions = { readonly sizeCpu: number | null; readonly signal: AbortSignal }

export function comparedStage(index: number, contestant: Contestant, plan: Plan, held: HeldStage): ComparedStage {
  const gone = new AbortController()
  void held.ended.then(() => gone.abort())
  return { index, label: labelOf(contestant), contestant, plan, held, state: held.state, gone: gone.signal }
}

export function labelOf({ stage, set }: Contestant): string {
  return [stage.name, ...set].join(' ')
}

/** Ends all of them, also where one makes trouble. */
export async function removeStages(stages: readonly Pick<HeldStage, 'remove'>[]): Promise<void> {
  const ends = await Promise.allSettled(stages.map((stage) => stage.remove()))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** Throws one line when the stage, or one of its programs, has ended since it started. */
export function checkAlive({ label, held, gone }: ComparedStage): void {
  const logs = `its logs are in ${held.logs}`
  const state = held.now()
  if (gone.aborted || state === undefined) throw new CommandError(`stage ${label} ended in the middle; ${logs}`)
  const fallen = state.programs.find(({ restarts, condition }) => restarts > 0 || condition !== 'up')
  if (fallen) throw new CommandError(`${fallen.name} of stage ${label} ended in the middle; ${logs}`)
}
