import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from 'mysql2/promise'
import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import { until } from '../../../../infra/process/until.ts'
import { connectTo, missingReplicas, noteTakeover, primaryOf, rolesOf } from '../databases.ts'
import type { Drill } from '../drill.ts'
import { eventNow, type FaultEvent } from '../fault-events.ts'
import { whileFrozen } from '../programs.ts'
import { touchProduct } from '../queries.ts'

/** From STOP to CONT. */
const HUNG_MS = 6_000
/** After it is awake, somebody who has not heard of the new primary tries to write for so long. */
const TRIED_FOR_MS = 3_000
const TRY_EVERY_MS = 20
const WRITE_TIMEOUT_MS = 1_000

/** The primary falls silent and is replaced; then it wakes, and believes that nothing has happened. */
export const hangPrimary: Drill = {
  summary: 'STOP to the primary, a replica takes over, CONT; the woken one takes no write.',
  missing: missingReplicas,
  limitsMs: { writes: 5_000, pages: 0, loggedIn: 5_000 },
  async inject(stage, events) {
    const primary = await primaryOf(stage())
    const before = await connectTo(stage(), primary.name)
    try {
      events.push(eventNow(`STOP ${primary.name}`, primary.name))
      await whileFrozen([primary], () => Promise.all([sleep(HUNG_MS), noteTakeover(stage, events, primary.name, HUNG_MS)]))
      events.push(eventNow(`CONT ${primary.name}`, primary.name))
      if (await isReplaced(stage(), primary.name)) await tryToWrite(stage, primary.name, before, events)
    } finally {
      before.destroy()
    }
  },
  judge: (_, events) => events.filter(({ what }) => what.endsWith(TOOK)).map(({ what }) => what),
  unprotected: [
    { set: ['failover=off'], finds: 'writes: an outage' },
    { set: ['fencing=off', 'semiSync=off'], finds: 'took a write after it was replaced' },
  ],
}

/** Where nobody takes the writes it may still do so itself. */
async function isReplaced(stage: StageState, name: string): Promise<boolean> {
  const { primary } = await rolesOf(stage)
  return primary !== null && primary !== name
}

const TOOK = 'took a write after it was replaced'

/** As an app that still has its connection from before, and as one that makes a new one. */
async function tryToWrite(stage: () => StageState, name: string, before: Connection, events: FaultEvent[]): Promise<void> {
  const anew = async () => {
    const connection = await connectTo(stage(), name)
    await touchProduct(connection, WRITE_TIMEOUT_MS).finally(() => connection.destroy())
  }
  const isTaken = async () => {
    const writes = await Promise.allSettled([touchProduct(before, WRITE_TIMEOUT_MS), anew()])
    return writes.some(({ status }) => status === 'fulfilled')
  }
  const taken = await until(isTaken, { withinMs: TRIED_FOR_MS, everyMs: TRY_EVERY_MS })
  if (taken) events.push(eventNow(`${name} ${TOOK}`, name))
}
