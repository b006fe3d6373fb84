/**
 * Work that no request waits for, where no worker does it: of all copies of a service one does it, which a row in the service's own database
 * names. Each piece of the work may be done twice, so that it is no harm where two believe for a moment that it is theirs.
 */
import type { Database } from '../../platform/mysql/database.ts'
import { type Repeated, repeated } from '../../platform/process/repeated.ts'
import { endLease, type LeaseTables, takeLease } from './queries.ts'

const ASK_EVERY_MS = 1_000
/** After this another copy takes it over from one that has died. */
export const LEASE_MS = 4_000

const NAME = 'work'

export function leasedWork(db: Database<LeaseTables>, holder: string, works: readonly Repeated[]): Repeated {
  const lease = { name: NAME, holder }
  let heldUntil = 0
  const rest = () => Promise.all(works.map((work) => work.stop()))
  const holding = repeated('asking who does the work', ASK_EVERY_MS, async () => {
    const askedAt = performance.now()
    const isOurs = await takeLease(db, lease, LEASE_MS).catch(async (error) => {
      // Nobody can say that it is somebody else's yet.
      if (askedAt >= heldUntil) await rest()
      throw error
    })
    if (!isOurs) return void (await rest())
    heldUntil = askedAt + LEASE_MS
    for (const work of works) work.start()
  })
  return {
    start: holding.start,
    async stop() {
      await holding.stop()
      await rest()
      // Somebody else need not wait until it has run out.
      await endLease(db, lease).catch(() => undefined)
    },
  }
}
