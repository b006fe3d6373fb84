import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, type Databases, oneDatabase } from '../../apps/shop/database.ts'
import { shopDatabase, type TestProduct } from './shop-database.ts'

export type LaggingDatabases = Databases & { readonly replica: Database }

/** Readers wait so long for the replica before they go to the primary. */
const WAIT_MS = 100

/**
 * Two databases with the same products, of which one learns what was written to the other `lagMs` later, as a busy replica does. A
 * position is a moment: the replica has come to it when it shows what the primary had then.
 */
export async function laggingDatabases(
  serverUrl: string,
  products: readonly TestProduct[],
  lagMs: number,
): Promise<LaggingDatabases> {
  const [primary, replica] = await Promise.all([shopDatabase(serverUrl, products), shopDatabase(serverUrl, products)])
  let shows = 0
  let stopped = false
  const following = (async () => {
    while (!stopped) {
      const moment = performance.now()
      const rows = await primary.reads.selectFrom('products').selectAll().execute()
      await sleep(lagMs)
      for (const { id, ...row } of rows) await replica.writes.updateTable('products').set(row).where('id', '=', id).execute()
      shows = moment
    }
  })()
  return {
    ...oneDatabase(primary.writes),
    replica: replica.writes,
    reads: replica.reads,
    position: async () => String(performance.now()),
    async readsAfter(position) {
      const until = performance.now() + WAIT_MS
      while (shows < Number(position ?? Number.POSITIVE_INFINITY)) {
        if (performance.now() > until) return primary.writes
        await sleep(2)
      }
      return replica.reads
    },
    async close() {
      stopped = true
      await following
      await Promise.all([primary.close(), replica.close()])
    },
  }
}
