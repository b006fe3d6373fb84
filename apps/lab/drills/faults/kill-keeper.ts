import type { Drill } from '../drill.ts'
import { killOnly, missingProgram } from '../kills.ts'

/** The keeper is needed when a database is lost, and by nobody until then. */
export const killKeeper: Drill = {
  summary: 'KILL to the keeper; no request fails, and its successor knows who is who.',
  missing: missingProgram('failover', 'a keeper of databases'),
  limitsMs: { writes: 0, pages: 0, loggedIn: 0 },
  inject: (stage, events, { healWithinMs }) => killOnly('failover', { stage, events, healWithinMs }),
  unprotected: [{ set: ['supervision=off'], finds: 'was not started again' }],
}
