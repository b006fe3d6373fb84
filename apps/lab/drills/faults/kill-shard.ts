import { CUSTOMERS, judgeRadius } from '../blast-radius.ts'
import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { holdDownWhile, signalProgram, untilGone, untilHealed } from '../programs.ts'
import { missingShards, shardsOf } from '../shards.ts'
import { oneOf } from '../traffic/choices.ts'
import { visitsOf } from '../traffic/visits.ts'
import { untilWhole } from '../whole.ts'

/** From the kill until the server has recovered; how long customers come depends on the machine, and in a group each write waits. */
const MOST_MS = 180_000

/** One of the servers with customers is lost with its machine: theirs is a quarter of the shop, and the rest goes on. */
export const killShard: Drill = {
  summary: `KILL to one server with buckets; of ${CUSTOMERS} customers its own are told no and nobody else, and nothing is lost.`,
  missing: missingShards,
  limitsMs: { writes: MOST_MS, pages: 0, loggedIn: MOST_MS },
  customers: CUSTOMERS,
  async inject(stage, events, { draw, rush, healWithinMs }) {
    const { program, buckets, isGroup } = oneOf(await shardsOf(stage()), draw)
    const { name } = program
    const visits = visitsOf(rush, CUSTOMERS)
    await visits.orderFirst()
    events.push({ ...eventNow(`KILL ${name}`, name), buckets, isReplaced: isGroup })
    await signalProgram(program, 'SIGKILL')
    await untilGone(program)
    events.push(eventNow(`${name} is gone`, name))
    await holdDownWhile({ stage, program, healWithinMs }, () => visits.come())
    events.push(eventNow(`${name} starts again`, name))
    await untilHealed(stage, program, healWithinMs)
    // Of a group nobody's writes are answered before it is up to date with its successor.
    await untilWhole(stage, healWithinMs)
    events.push(eventNow(`${name} runs again`, name))
  },
  judge(sent, events) {
    const [broken, gone, revived, back] = events
    if (!broken) return ['no server was killed']
    // That it did not come back is said already.
    return gone && revived && back ? judgeRadius(sent, { broken, gone, revived, back }, events) : []
  },
  unprotected: [
    { set: ['supervision=off'], finds: 'was not started again' },
    { set: ['sessions=mysql'], finds: 'requests failed that need nothing of shard-' },
  ],
}
