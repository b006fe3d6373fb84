import { missingCatalogueGroup } from '../databases.ts'
import type { Drill } from '../drill.ts'
import { describeFailures, type FaultEvent, failuresOf } from '../fault-events.ts'
import { losePrimary } from '../lose-primary.ts'
import type { Operation, Sent } from '../traffic/recording.ts'

/** They take stock, or change what a product is. */
const WRITES: ReadonlySet<Operation> = new Set<Operation>(['order', 'price'])

/** The catalogue's primary is lost: nobody can take stock until a replica has taken over, and customers have all that is theirs. */
export const killCataloguePrimary: Drill = {
  summary:
    'the replicas stop receiving, then KILL to the primary of the catalogue; a replica takes over, nothing acknowledged is lost, and nothing fails but orders and prices.',
  missing: missingCatalogueGroup,
  limitsMs: { writes: 5_000, pages: 0, loggedIn: 0 },
  inject: losePrimary,
  judge: judgeOthers,
  unprotected: [
    // The primary comes back by itself, and takes some writes in between: there is no one long silence.
    { set: ['failover=off'], finds: 'requests failed before the fault or begun more than 5000 ms after it' },
    { set: ['semiSync=off'], finds: 'stock not conserved' },
  ],
}

function judgeOthers(sent: readonly Sent[], events: readonly FaultEvent[]): string[] {
  const failed = failuresOf(sent).filter(({ operation }) => !WRITES.has(operation))
  if (failed.length === 0) return []
  return [`${failed.length} requests failed that write nothing to the catalogue`, ...describeFailures(failed, events)]
}
