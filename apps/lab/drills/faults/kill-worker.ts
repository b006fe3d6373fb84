import type { Drill } from '../drill.ts'
import { killOnly, missingProgram } from '../kills.ts'

/** No request waits for the worker: what it does is done later. */
export const killWorker: Drill = {
  summary: 'KILL to the worker; no request fails, and another one takes its place.',
  missing: missingProgram('worker', 'a worker of its own'),
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  inject: (stage, events, { healWithinMs }) => killOnly('worker', { stage, events, healWithinMs }),
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}
