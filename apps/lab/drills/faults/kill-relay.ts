import type { Drill } from '../drill.ts'
import { hearOf, missingEvents, sendTwice } from '../heard.ts'
import { silentSince } from '../returned.ts'
import { copiesOf, judgeServices, missingServices, NO_LIMITS } from '../services.ts'
import { killCopy } from './kill-service.ts'

const ROUNDS = 2

/** Each copy of the service that tells has a relay, and one of them sends: of two that are killed in turn one was it. */
export const killRelay: Drill = {
  summary:
    'KILL to the copies of orders in turn, so to whoever sends their events; another one sends what was left, and nothing is lost.',
  missing: (stage) => missingEvents(stage) ?? missingServices(stage),
  limitsMs: NO_LIMITS,
  async inject(stage, events, { figures, wrong, healWithinMs }) {
    for (let round = 0; round < ROUNDS; round++) {
      for (const { name } of copiesOf(stage(), 'orders')) {
        const copy = copiesOf(stage(), 'orders').find((one) => one.name === name)
        if (!copy) continue
        const killing = killCopy(copy, 'orders', { stage, events, healWithinMs })
        await Promise.all([killing, hearOf(`KILL ${name}`, stage(), { figures, wrong })])
      }
    }
    await sendTwice(stage(), { figures, wrong })
  },
  judge: (sent, events) => [...judgeServices(sent, events), ...silentSince(sent, events)],
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}
