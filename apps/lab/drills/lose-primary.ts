import { setTimeout as sleep } from 'node:timers/promises'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { cutOff, noteTakeover, primaryOf, rolesOf } from './databases.ts'
import type { Means } from './drill.ts'
import { eventNow, type FaultEvent } from './fault-events.ts'
import { holdDown, signalProgram } from './programs.ts'

/** For so long the primary has what nobody else has: without semi-synchronous replication it acknowledges that. */
const ALONE_MS = 300
/** A machine takes some time to start. */
const DOWN_MS = 6_000

/** The primary's machine is lost, and with it the last part of its log, which no replica had received. */
export async function losePrimary(stage: () => StageState, events: FaultEvent[], { healWithinMs }: Means): Promise<void> {
  const primary = await primaryOf(stage())
  const { replicas } = await rolesOf(stage())
  await cutOff(
    stage(),
    replicas.map(({ name }) => name),
  )
  await sleep(ALONE_MS)
  events.push(eventNow(`KILL ${primary.name}`, primary.name))
  await signalProgram(primary, 'SIGKILL')
  const held = { stage, program: primary, healWithinMs }
  await Promise.all([holdDown(held, DOWN_MS), noteTakeover(stage, events, primary.name, DOWN_MS)])
  events.push(eventNow(`${primary.name} starts again`, primary.name))
}
