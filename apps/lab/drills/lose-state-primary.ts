import type { ProgramState, StageState } from '../../../infra/local/state/stage-state.ts'
import { signalGroup } from '../../../infra/process/process-group.ts'
import type { Means } from './drill.ts'
import { eventNow, type FaultEvent } from './fault-events.ts'
import { holdDown } from './programs.ts'
import { notePromotion, whileAlone } from './redis-groups.ts'

/** A machine takes some time to start. */
const DOWN_MS = 4_000

type Loss = Pick<Means, 'rush'> & { readonly stage: () => StageState; readonly events: FaultEvent[] }

/** The machine of this primary for sessions is lost, and with it the last of what was written there, which no replica had received. */
export async function loseStatePrimary(primary: ProgramState, { stage, events, rush }: Loss): Promise<void> {
  await whileAlone(stage(), primary, {
    rush,
    fault() {
      events.push(eventNow(`KILL ${primary.name}`, primary.name))
      signalGroup(primary, 'SIGKILL')
    },
  })
  await Promise.all([holdDown(stage, primary, DOWN_MS), notePromotion(stage(), primary, events, DOWN_MS)])
  events.push(eventNow(`${primary.name} starts again`, primary.name))
}
