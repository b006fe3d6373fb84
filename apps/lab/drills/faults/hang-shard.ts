import { CUSTOMERS, judgeRadius } from '../blast-radius.ts'
import type { Drill } from '../drill.ts'
import { eventNow, failuresOf } from '../fault-events.ts'
import { whileFrozen } from '../programs.ts'
import { missingShards, shardsOf } from '../shards.ts'
import { oneOf } from '../traffic/choices.ts'
import { visitsOf } from '../traffic/visits.ts'
import { ANSWERED_WITHIN_MS, waitFindings } from '../waits.ts'

/** From STOP to CONT, and what is under way then: less than the 15 s after which the runner replaces what does not answer. */
const HUNG_MOST_MS = 10_000
const MOST_MS = 15_000

/** One of the servers with customers keeps its connections and answers nothing. */
export const hangShard: Drill = {
  summary: `STOP to one server with buckets, CONT when ${CUSTOMERS} customers have come; its own are told no within ${ANSWERED_WITHIN_MS / 1_000} s and nobody else.`,
  missing: missingShards,
  limitsMs: { writes: MOST_MS, pages: 0, loggedIn: MOST_MS },
  customers: CUSTOMERS,
  async inject(stage, events, { draw, rush }) {
    const { program, buckets } = oneOf(await shardsOf(stage()), draw)
    const { name } = program
    const visits = visitsOf(rush, CUSTOMERS)
    await visits.orderFirst()
    events.push({ ...eventNow(`STOP ${name}`, name), buckets })
    await whileFrozen([program], () => visits.come(HUNG_MOST_MS))
    events.push(eventNow(`CONT ${name}`, name))
  },
  judge(sent, events) {
    const [stopped, woken] = events
    if (!stopped || !woken) return ['no server was stopped']
    const outage = { broken: stopped, gone: stopped, revived: woken, back: woken }
    return [...judgeRadius(sent, outage, events), ...waitFindings(failuresOf(sent))]
  },
  unprotected: [{ set: ['giveUpSilent=off'], finds: 'requests waited longer than' }],
}
