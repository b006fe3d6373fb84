import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import type { Means } from './drill.ts'
import { eventNow, type FaultEvent } from './fault-events.ts'
import { holdDown, signalProgram } from './programs.ts'
import { notePromotion, whileAlone } from './redis-groups.ts'

/** A machine takes some time to start. */
const DOWN_MS = 4_000

type Loss = Pick<Means, 'rush' | 'healWithinMs'> & { readonly stage: () => StageState; readonly events: FaultEvent[] }

/** The machine of this primary is lost, and with it the last of what was written there, which no replica had received. */
export async function loseRedisPrimary(primary: ProgramState, { stage, events, rush, healWithinMs }: Loss): Promise<void> {
  await whileAlone(stage(), primary, {
    rush,
    async fault() {
      events.push(eventNow(`KILL ${primary.name}`, primary.name))
      await signalProgram(primary, 'SIGKILL')
    },
  })
  const held = { stage, program: primary, healWithinMs }
  await Promise.all([holdDown(held, DOWN_MS), notePromotion(stage(), primary, events, DOWN_MS)])
  events.push(eventNow(`${primary.name} starts again`, primary.name))
}
