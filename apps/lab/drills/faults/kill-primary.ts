import { missingWholeGroup } from '../databases.ts'
import type { Drill } from '../drill.ts'
import { losePrimary } from '../lose-primary.ts'

/** The server with everybody's rows is lost. */
export const killPrimary: Drill = {
  summary: 'the replicas stop receiving, then KILL to the primary; a replica takes over and no acknowledged write is lost.',
  missing: missingWholeGroup,
  limitsMs: { writes: 5_000, pages: 0, loggedIn: 5_000 },
  inject: losePrimary,
  unprotected: [
    { set: ['failover=off'], finds: 'writes: an outage' },
    { set: ['semiSync=off'], finds: 'acknowledged order missing' },
  ],
}
