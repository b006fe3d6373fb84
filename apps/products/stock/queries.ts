import { sql, type Transaction } from 'kysely'
import { REQUEST_LASTS_MS } from '../../platform/http/deadline.ts'
import { compiled } from '../../platform/mysql/compiled.ts'
import type { Database } from '../../platform/mysql/database.ts'
import { withRetries } from '../../platform/mysql/transactions.ts'
import type { Item } from '../flash-sales/gate.ts'
import type { Line } from './stock.ts'

type ReservationState = 'held' | 'kept' | 'returned'

export type ReservationsTables = {
  /** `lines` are JSON: one row an order is one place to lock, and one to write. */
  reservations: { order_id: string; state: ReservationState; expires_at: Date | null; lines: string }
}

export type Reservation = { readonly state: ReservationState; readonly lines: readonly Line[] }
type Trx = Transaction<ReservationsTables>

/** By the database's clock. Whoever places the order has that long, as its request has; who looks earlier finds it on its way. */
const HELD_UNTIL = sql<Date>`UTC_TIMESTAMP(3) + INTERVAL ${sql.lit(REQUEST_LASTS_MS / 1_000)} SECOND`
const NOW = sql<Date>`UTC_TIMESTAMP(3)`
/**
 * The order of a refused request is known to that request alone, whose last statement is sent within its own few seconds and waits a few
 * more for locks. The rest is for what a server that hangs has still in its sockets, and for clocks that are set.
 */
const REMEMBERED_UNTIL = sql<Date>`UTC_TIMESTAMP(3) + INTERVAL 1 HOUR`

const insertHeld = compiled((db: Database<ReservationsTables>, order_id: string, text: string) =>
  db.insertInto('reservations').values({ order_id, state: 'held', expires_at: HELD_UNTIL, lines: text }),
)

/** Throws ER_DUP_ENTRY where the order has taken before, or was given back. */
export async function insertReservation(trx: Trx, orderId: string, lines: readonly Line[]): Promise<void> {
  await insertHeld(trx, orderId, JSON.stringify(lines))
}

/** Where there is none: one of these items, or one that is over before it began. */
export async function insertReservationOnce(trx: Trx, order_id: string, items: readonly Item[] | undefined): Promise<void> {
  const state = items
    ? ({ state: 'held', expires_at: null } as const)
    : ({ state: 'returned', expires_at: REMEMBERED_UNTIL } as const)
  const row = { order_id, ...state, lines: JSON.stringify(items ?? []) }
  // Unlike IGNORE this locks the row that is there, so that two who give back at once do so one after the other.
  await trx.insertInto('reservations').values(row).onDuplicateKeyUpdate({ order_id }).execute()
}

export async function lockReservation(trx: Trx, orderId: string): Promise<Reservation> {
  return reservationOf(await rowOf(trx, orderId).forUpdate().executeTakeFirstOrThrow())
}

export async function selectReservation(db: Database<ReservationsTables>, orderId: string): Promise<Reservation | undefined> {
  const row = await rowOf(db, orderId).executeTakeFirst()
  return row && reservationOf(row)
}

function rowOf(db: Database<ReservationsTables>, orderId: string) {
  return db.selectFrom('reservations').select(['state', 'lines']).where('order_id', '=', orderId)
}

function reservationOf({ state, lines }: { state: ReservationState; lines: string }): Reservation {
  return { state, lines: JSON.parse(lines) }
}

/** Whether the order was placed: then the mark stays as long as the order. */
export async function setReturned(trx: Trx, orderId: string, wasPlaced: boolean): Promise<void> {
  const over = { state: 'returned', expires_at: wasPlaced ? null : REMEMBERED_UNTIL } as const
  await trx.updateTable('reservations').set(over).where('order_id', '=', orderId).execute()
}

export async function setKept(db: Database<ReservationsTables>, orderIds: readonly string[]): Promise<void> {
  const kept = { state: 'kept', expires_at: null } as const
  const query = db.updateTable('reservations').set(kept).where('order_id', 'in', orderIds).where('state', '=', 'held')
  await withRetries(() => query.execute())
}

type Page = { readonly after: string; readonly most: number }

/** Those in this state whose time is over. */
export async function selectExpired(
  db: Database<ReservationsTables>,
  state: ReservationState,
  { after, most }: Page,
): Promise<string[]> {
  const rows = await db
    .selectFrom('reservations')
    .select('order_id')
    .where('expires_at', '<=', NOW)
    .where('state', '=', state)
    .where('order_id', '>', after)
    .orderBy('order_id')
    .limit(most)
    .execute()
  return rows.map(({ order_id }) => order_id)
}

/** One that was written again meanwhile stays. */
export async function deleteReturned(db: Database<ReservationsTables>, orderIds: readonly string[]): Promise<void> {
  const returned = db.deleteFrom('reservations').where('order_id', 'in', orderIds).where('state', '=', 'returned')
  await withRetries(() => returned.where('expires_at', '<=', NOW).execute())
}
