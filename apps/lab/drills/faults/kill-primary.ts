import { setTimeout as sleep } from 'node:timers/promises'
import { signalGroup } from '../../../../infra/process/process-group.ts'
import { cutOff, missingReplicas, noteTakeover, primaryOf, rolesOf } from '../databases.ts'
import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { holdDown } from '../programs.ts'

/** For so long the primary has what nobody else has: without semi-synchronous replication it acknowledges that. */
const ALONE_MS = 300
/** A machine takes some time to start. */
const DOWN_MS = 6_000

/** The primary's machine is lost, and with it the last part of its log, which no replica had received. */
export const killPrimary: Drill = {
  summary: 'the replicas stop receiving, then KILL to the primary; a replica takes over and no acknowledged write is lost.',
  missing: missingReplicas,
  limitsMs: { writes: 5_000, pages: 0, loggedIn: 5_000 },
  async inject(stage, events) {
    const primary = await primaryOf(stage())
    const { replicas } = await rolesOf(stage())
    await cutOff(
      stage(),
      replicas.map(({ name }) => name),
    )
    await sleep(ALONE_MS)
    events.push(eventNow(`KILL ${primary.name}`, primary.name))
    signalGroup(primary, 'SIGKILL')
    await Promise.all([holdDown(stage, primary, DOWN_MS), noteTakeover(stage, events, primary.name, DOWN_MS)])
    events.push(eventNow(`${primary.name} starts again`, primary.name))
  },
  unprotected: [
    { set: ['failover=off'], finds: 'writes: an outage' },
    { set: ['semiSync=off'], finds: 'acknowledged order missing' },
  ],
}
