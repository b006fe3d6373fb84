import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../../../runner/redis-servers.ts'
import type { Drill } from '../../drill.ts'
import { eventNow } from '../../fault-events.ts'
import { hearOf, missingEvents, sendTwice } from '../../heard.ts'
import { programsOf, whileFrozen } from '../../programs.ts'
import { redisPrimary } from '../../redis-groups.ts'

const TIMES = 3
const PAUSE_MS = 2_000
/** Consumers are, before. */
const BEHIND_MS = 1_000

/** The stream and its groups of consumers are gone, for whoever types that at the wrong prompt. */
export const flushRedisEvents: Drill = {
  summary: 'FLUSHALL to the Redis for events while consumers are behind, three times; each event has its effect all the same.',
  missing: missingEvents,
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  async inject(stage, events, { figures, wrong }) {
    for (let time = 0; time < TIMES; time++) {
      const primary = await redisPrimary(stage(), 'events')
      // What they had read already would not be missed.
      await whileFrozen(programsOf(stage(), 'consumers'), async () => {
        await sleep(BEHIND_MS)
        events.push(eventNow(`FLUSHALL ${primary.name}`, primary.name))
        await ask(stage(), primary, (redis) => redis.flushall())
      })
      await hearOf('FLUSHALL', stage(), { figures, wrong })
      await sleep(PAUSE_MS)
    }
    await sendTwice(stage(), { figures, wrong })
  },
  unprotected: [{ set: ['resend=off'], finds: 'event not handled' }],
}
