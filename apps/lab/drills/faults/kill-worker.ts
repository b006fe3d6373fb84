import type { Drill } from '../drill.ts'
import { eventNow } from '../fault-events.ts'
import { leaveHalfDone } from '../half-done.ts'
import { killOnly, missingProgram } from '../kills.ts'

/** No request waits for the worker: what it does is done later, and what others left half done its successor ends. */
export const killWorker: Drill = {
  summary: 'KILL to the worker; no request fails, another one takes its place, and no checkout stays half done.',
  missing: missingProgram('worker', 'a worker of its own'),
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  async inject(stage, events, { healWithinMs }) {
    const left = stage().settings.checkout === 'saga' ? await leaveHalfDone(stage()) : 0
    await killOnly('worker', { stage, events, healWithinMs })
    if (left > 0) events.push(eventNow(`${left} checkouts were left half done before`, 'worker'))
  },
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}
