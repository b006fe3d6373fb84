import { setTimeout as sleep } from 'node:timers/promises'
import type { StageState } from '../../../../infra/local/state/stage-state.ts'
import { until } from '../../../../infra/process/until.ts'
import { connectTo, groupOf, missingReplicas, rolesOf } from '../databases.ts'
import type { Drill } from '../drill.ts'
import { eventNow, type FaultEvent } from '../fault-events.ts'
import { HEALED } from '../programs.ts'
import { lockTable } from '../queries.ts'

const LOCKED_MS = 5_000
const LEFT = 'is no longer read from'

/** One replica receives the log and does not carry it out: its answers get older and older. */
export const lagReplica: Drill = {
  summary: `one replica stands still for ${LOCKED_MS / 1_000} s; nobody reads there what is older than their own writes.`,
  missing: missingReplicas,
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  async inject(stage, events) {
    const { replicas } = await rolesOf(stage())
    const [replica] = replicas.filter(({ serving }) => serving)
    if (!replica) throw new Error('no replica serves reads')
    const connection = await connectTo(stage(), replica.name)
    try {
      await lockTable(connection, groupOf(stage())?.holds.includes('orders') ? 'orders' : 'products')
      events.push(eventNow(`${replica.name} stands still`, replica.name))
      await Promise.all([sleep(LOCKED_MS), noteLeaving(stage, replica.name, events)])
    } finally {
      connection.destroy()
    }
    events.push(eventNow(`${replica.name} goes on`, replica.name))
    await until(() => isServing(stage(), replica.name), { ...HEALED, complaint: `${replica.name} did not catch up` })
    events.push(eventNow(`${replica.name} is read from again`, replica.name))
  },
  judge: (_, events) =>
    events.some(({ what }) => what.endsWith(LEFT)) ? [] : ['the replica that stood still was read from all the time'],
  unprotected: [
    { set: ['readYourWrites=off'], finds: 'stale read of' },
    { set: ['replicaLagLimitMs=60000'], finds: 'was read from all the time' },
  ],
}

async function noteLeaving(stage: () => StageState, name: string, events: FaultEvent[]): Promise<void> {
  const left = await until(async () => !(await isServing(stage(), name)), { withinMs: LOCKED_MS, everyMs: 50 })
  if (left) events.push(eventNow(`${name} ${LEFT}`, name))
}

async function isServing(stage: StageState, name: string): Promise<boolean> {
  const { replicas } = await rolesOf(stage)
  return replicas.some((replica) => replica.name === name && replica.serving)
}
