import { sql, type Transaction } from 'kysely'
import type { Database } from '../mysql/database.ts'
import { withRetries } from '../mysql/transactions.ts'

export type LeaseTables = { leases: { name: string; holder: string; token: number; ends_at: Date } }
export type LeaseRequest = { readonly name: string; readonly holder: string; readonly lastsMs: number }

/** The database's clock: no two processes need agree about the time. */
const NOW = sql<Date>`UTC_TIMESTAMP(3)`

/** The token where the lease is this holder's now: still, or because it was nobody's. */
export async function takeLease(db: Database<LeaseTables>, { name, holder, lastsMs }: LeaseRequest): Promise<number | undefined> {
  await withRetries(() =>
    db
      .updateTable('leases')
      // Assigned from left to right: the token is decided by who held it before.
      .set({
        token: sql<number>`token + IF(holder = ${holder} AND ends_at > ${NOW}, 0, 1)`,
        holder,
        ends_at: sql<Date>`${NOW} + INTERVAL ${sql.lit(lastsMs * 1_000)} MICROSECOND`,
      })
      .where('name', '=', name)
      .where((where) => where.or([where('holder', '=', holder), where('ends_at', '<=', NOW)]))
      .execute(),
  )
  const held = db.selectFrom('leases').select('token').where('name', '=', name).where('holder', '=', holder)
  return (await held.where('ends_at', '>', NOW).executeTakeFirst())?.token
}

/** Whoever holds it: then it is no longer the holder's. Answers the token. */
export async function seizeLease(db: Database<LeaseTables>, { name, holder, lastsMs }: LeaseRequest): Promise<number> {
  const ends_at = sql<Date>`${NOW} + INTERVAL ${sql.lit(lastsMs * 1_000)} MICROSECOND`
  const seized = db.updateTable('leases').set({ token: sql<number>`token + 1`, holder, ends_at }).where('name', '=', name)
  await withRetries(() => seized.execute())
  const row = await db.selectFrom('leases').select(['token', 'holder']).where('name', '=', name).executeTakeFirst()
  if (row?.holder !== holder) throw new Error(`somebody else has seized the lease ${name}`)
  return row.token
}

/** So that there is something to take. */
export async function insertLease(db: Database<LeaseTables>, name: string): Promise<void> {
  const row = { name, holder: '', token: 0, ends_at: NOW }
  await withRetries(() => db.insertInto('leases').ignore().values(row).execute())
}

export async function endLease(db: Database<LeaseTables>, name: string, holder: string): Promise<void> {
  const own = db.updateTable('leases').where('name', '=', name).where('holder', '=', holder)
  await own.set({ ends_at: NOW }).execute()
}

/** Whether nobody has taken the lease since this token was given; until the transaction ends nobody does. */
export async function isNewest(trx: Transaction<LeaseTables>, name: string, token: number): Promise<boolean> {
  const row = await trx.selectFrom('leases').select('token').where('name', '=', name).forUpdate().executeTakeFirst()
  return row?.token === token
}
