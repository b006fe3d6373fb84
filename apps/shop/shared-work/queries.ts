import { sql } from 'kysely'
import type { Database } from '../../platform/mysql/database.ts'

export type LeaseTables = { work_leases: { name: string; holder: string; held_until: Date } }

type Lease = { readonly name: string; readonly holder: string }

/** By the database's clock: the copies need not agree about the time. */
const NOW = sql<Date>`UTC_TIMESTAMP(3)`
const inMs = (milliseconds: number) => sql<Date>`UTC_TIMESTAMP(3) + INTERVAL ${sql.lit(milliseconds * 1_000)} MICROSECOND`

/** True for whoever holds it already, and for one other once it has run out. */
export async function takeLease(db: Database<LeaseTables>, { name, holder }: Lease, lastsMs: number): Promise<boolean> {
  const held = { holder, held_until: inMs(lastsMs) }
  const { numUpdatedRows } = await db
    .updateTable('work_leases')
    .set(held)
    .where('name', '=', name)
    .where((is) => is.or([is('holder', '=', holder), is('held_until', '<=', NOW)]))
    .executeTakeFirst()
  if (numUpdatedRows === 1n) return true
  const first = db
    .insertInto('work_leases')
    .ignore()
    .values({ name, ...held })
  return (await first.executeTakeFirst()).numInsertedOrUpdatedRows === 1n
}

export async function endLease(db: Database<LeaseTables>, { name, holder }: Lease): Promise<void> {
  await db.updateTable('work_leases').set({ held_until: NOW }).where('name', '=', name).where('holder', '=', holder).execute()
}
