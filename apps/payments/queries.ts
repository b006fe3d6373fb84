import { type Selectable, sql } from 'kysely'
import { compiled } from '../platform/mysql/compiled.ts'
import type { Database } from '../platform/mysql/database.ts'
import type { Sign } from '../platform/mysql/store.ts'
import { withRetries } from '../platform/mysql/transactions.ts'

type PaymentStatus = 'started' | 'captured' | 'declined'

export type PaymentsTables = {
  payments: {
    id: string
    user_id: string
    idempotency_key: string
    request_hash: Buffer
    order_id: string
    card: string
    status: PaymentStatus
    lease_until: Date
    amount_cents: number | null
    charge_id: string | null
    created_at: Date
  }
}

export type PaymentRow = Selectable<PaymentsTables['payments']>
export type Outcome = { status: 'captured' | 'declined'; amount_cents: number; charge_id: string | null }

/** Leases go by the database's clock: the copies of the app need not agree about the time. */
const NOW = sql<Date>`UTC_TIMESTAMP(3)`
const leaseOf = (seconds: number) => sql<Date>`UTC_TIMESTAMP(3) + INTERVAL ${seconds} SECOND`

export type NewPayment = Omit<PaymentRow, 'status' | 'lease_until' | 'amount_cents' | 'charge_id'>
export type Started = Pick<PaymentRow, 'id' | 'user_id' | 'order_id' | 'card'>

const insertStarted = compiled((db: Database<PaymentsTables>, payment: NewPayment, leaseS: number) =>
  db
    .insertInto('payments')
    .values({ ...payment, status: 'started', lease_until: leaseOf(leaseS), amount_cents: null, charge_id: null }),
)

/** Throws ER_DUP_ENTRY where the user's key is known. */
export async function insertPayment(db: Database<PaymentsTables>, payment: NewPayment, leaseS: number): Promise<void> {
  await insertStarted(db, payment, leaseS)
}

export async function selectPayment(db: Database<PaymentsTables>, userId: string, key: string): Promise<PaymentRow | undefined> {
  return db.selectFrom('payments').selectAll().where('user_id', '=', userId).where('idempotency_key', '=', key).executeTakeFirst()
}

/** Where there are payments that nobody works on, for whoever asks many databases. */
export const ABANDONED: readonly Sign[] = [
  { table: 'payments', condition: "status = 'started' AND lease_until <= UTC_TIMESTAMP(3)" },
]

/** Payments that nobody works on, those first that wait longest. */
export async function selectAbandoned(db: Database<PaymentsTables>, most: number): Promise<PaymentRow[]> {
  return db
    .selectFrom('payments')
    .selectAll()
    .where('status', '=', 'started')
    .where('lease_until', '<=', NOW)
    .orderBy('lease_until')
    .limit(most)
    .execute()
}

/** True for one caller only, and only once the lease before is over. */
export async function takeLease(db: Database<PaymentsTables>, id: string, leaseS: number): Promise<boolean> {
  const lease = { lease_until: leaseOf(leaseS) }
  return withRetries(async () => {
    const { numUpdatedRows } = await updateStarted(db, id).set(lease).where('lease_until', '<=', NOW).executeTakeFirst()
    return numUpdatedRows === 1n
  })
}

export async function endLease(db: Database<PaymentsTables>, id: string): Promise<void> {
  await withRetries(() => updateStarted(db, id).set({ lease_until: NOW }).execute())
}

export async function storeOutcome(db: Database<PaymentsTables>, id: string, outcome: Outcome): Promise<void> {
  await withRetries(() => updateStarted(db, id).set(outcome).execute())
}

/** Only what has no outcome can be forgotten. */
export async function deletePayment(db: Database<PaymentsTables>, id: string): Promise<void> {
  await withRetries(() => db.deleteFrom('payments').where('id', '=', id).where('status', '=', 'started').execute())
}

/** The database may find the row by its id or by its status, and two that lock these in turn deadlock: hence the retries. */
function updateStarted(db: Database<PaymentsTables>, id: string) {
  return db.updateTable('payments').where('id', '=', id).where('status', '=', 'started')
}
