import { setTimeout as sleep } from 'node:timers/promises'
import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import type { Means } from './drill.ts'
import { eventNow, type FaultEvent } from './fault-events.ts'
import { programsOf, signalProgram, untilGone, untilHealed } from './programs.ts'
import { backNow } from './returned.ts'

/** Until requests are sent to it again. */
const PAUSE_MS = 1_000

type Kill = Pick<Means, 'healWithinMs'> & { readonly stage: () => StageState; readonly events: FaultEvent[] }

/** KILL to a program; returns when the runner has started it again and it has had a moment to work. */
export async function kill(program: ProgramState, { stage, events, healWithinMs }: Kill): Promise<void> {
  const { name, kind } = program
  events.push(eventNow(`KILL ${name}`, name))
  await signalProgram(program, 'SIGKILL')
  await untilGone(program)
  events.push(eventNow(`${name} is gone`, name))
  await untilHealed(stage, program, healWithinMs)
  events.push(kind === 'app' ? backNow(name) : eventNow(`${name} runs again`, name))
  await sleep(PAUSE_MS)
}

export async function killOnly(kind: ProgramState['kind'], fault: Kill): Promise<void> {
  const [program] = programsOf(fault.stage(), kind)
  if (!program) throw new Error(`the stage has no ${kind}`)
  await kill(program, fault)
}

export function missingProgram(kind: ProgramState['kind'], what: string): (stage: StageState) => string | undefined {
  return (stage) => (programsOf(stage, kind).length > 0 ? undefined : `this drill needs ${what}; stage ${stage.stage} has none`)
}
