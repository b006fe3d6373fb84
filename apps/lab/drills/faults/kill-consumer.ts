import type { Drill } from '../drill.ts'
import { hearOf, missingEvents, sendTwice } from '../heard.ts'
import { kill } from '../kills.ts'
import { programNamed, programsOf } from '../programs.ts'

const ROUNDS = 2

/** Nobody who shops waits for a consumer; one of several does the work of each kind, and another one goes on with it. */
export const killConsumer: Drill = {
  summary: 'KILL to the consumers of events in turn; no request fails, and each event has its effect once.',
  missing: missingEvents,
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  async inject(stage, events, { figures, wrong, healWithinMs }) {
    for (let round = 0; round < ROUNDS; round++) {
      for (const { name } of programsOf(stage(), 'consumers')) {
        const killing = kill(programNamed(stage(), name), { stage, events, healWithinMs })
        await Promise.all([killing, hearOf(`KILL ${name}`, stage(), { figures, wrong })])
      }
    }
    await sendTwice(stage(), { figures, wrong })
  },
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}
