import { type ColumnType, sql, type Transaction } from 'kysely'
import { REQUEST_LASTS_MS } from '../../platform/http/deadline.ts'
import type { IdempotentRequest } from '../../platform/http/idempotency.ts'
import { compiled } from '../../platform/mysql/compiled.ts'
import type { Database } from '../../platform/mysql/database.ts'
import type { Sign } from '../../platform/mysql/store.ts'
import { withRetries } from '../../platform/mysql/transactions.ts'
import type { CartTables } from '../cart/queries.ts'
import type { OrderStatus } from '../order.ts'
import { type OrdersTables, selectLines } from '../queries.ts'
import type { Intent, KnownKey, Owed } from './saga-orders.ts'

type Optional<Value> = ColumnType<Value, Value | undefined, Value>

export type SagaTables = OrdersTables &
  CartTables & {
    order_keys: { pending_until: Optional<Date | null> }
    owed_returns: { order_id: string; due_at: Date }
  }

type Trx = Transaction<SagaTables>

/** Leases go by the database's clock: the copies of the app need not agree about the time. */
const NOW = sql<Date>`UTC_TIMESTAMP(3)`
/** The request's own statements end before: it is as old already as when it came to the edge. */
const PENDING_UNTIL = sql<Date>`UTC_TIMESTAMP(3) + INTERVAL ${sql.lit(REQUEST_LASTS_MS / 1_000)} SECOND`
/** Whoever cancelled the order has given its pieces back by then, as a rule. */
const OWED_S = 2
const OWED_FROM = sql<Date>`UTC_TIMESTAMP(3) + INTERVAL ${sql.lit(OWED_S)} SECOND`

type NewKey = Omit<OrdersTables['order_keys'], 'pending_until'>

const insertPending = compiled((db: Database<SagaTables>, key: NewKey) =>
  db.insertInto('order_keys').values({ ...key, pending_until: PENDING_UNTIL }),
)

/** Throws ER_DUP_ENTRY where the key is known. */
export async function insertIntent(db: Database<SagaTables>, request: IdempotentRequest, orderId: string): Promise<void> {
  const { userId, key, requestHash } = request
  const row = { user_id: userId, idempotency_key: key, request_hash: requestHash, order_id: orderId }
  await withRetries(() => insertPending(db, row))
}

export async function selectKnownKey(db: Database<SagaTables>, userId: string, key: string): Promise<KnownKey | undefined> {
  const row = await db
    .selectFrom('order_keys')
    .select(['order_id', 'request_hash', 'pending_until'])
    .where('user_id', '=', userId)
    .where('idempotency_key', '=', key)
    .executeTakeFirst()
  return row && { orderId: row.order_id, requestHash: row.request_hash, isPlaced: row.pending_until === null }
}

const endPending = compiled((db: Database<SagaTables>, { userId, key, orderId }: Intent) =>
  db
    .updateTable('order_keys')
    .set({ pending_until: null })
    .where('user_id', '=', userId)
    .where('idempotency_key', '=', key)
    .where('order_id', '=', orderId)
    .where('pending_until', 'is not', null),
)

/** False where the order is not pending. */
export async function setPlaced(trx: Trx, { userId, key, orderId }: Intent): Promise<boolean> {
  return (await endPending(trx, { userId, key, orderId })).numAffectedRows === 1n
}

/** False where the order is not pending. */
export async function deleteIntent(db: Database<SagaTables>, { userId, key, orderId }: Intent): Promise<boolean> {
  const query = db
    .deleteFrom('order_keys')
    .where('user_id', '=', userId)
    .where('idempotency_key', '=', key)
    .where('order_id', '=', orderId)
    .where('pending_until', 'is not', null)
  const { numDeletedRows } = await withRetries(() => query.executeTakeFirst())
  return numDeletedRows === 1n
}

/** In one statement: an order that is placed between two would be found in neither. */
export async function selectStates(db: Database<SagaTables>, orderIds: readonly string[]) {
  return db
    .selectFrom('order_keys')
    .where('pending_until', 'is not', null)
    .where('order_id', 'in', orderIds)
    .select(['order_id as id', sql<OrderStatus | 'pending'>`'pending'`.as('state')])
    .unionAll(db.selectFrom('orders').where('id', 'in', orderIds).select(['id', 'status as state']))
    .execute()
}

export async function selectLateIntents(db: Database<SagaTables>, most: number): Promise<Intent[]> {
  const rows = await db
    .selectFrom('order_keys')
    .select(['user_id', 'idempotency_key', 'order_id'])
    .where('pending_until', '<=', NOW)
    .orderBy('pending_until')
    .limit(most)
    .execute()
  return rows.map(({ user_id, idempotency_key, order_id }) => ({ userId: user_id, key: idempotency_key, orderId: order_id }))
}

/** Where something is left over, for whoever asks many databases. */
export const LEFTOVERS: readonly Sign[] = [
  { table: 'order_keys', condition: 'pending_until <= UTC_TIMESTAMP(3)' },
  { table: 'owed_returns', condition: 'due_at <= UTC_TIMESTAMP(3)' },
]

export async function insertOwed(trx: Trx, order_id: string): Promise<void> {
  await trx.insertInto('owed_returns').values({ order_id, due_at: OWED_FROM }).execute()
}

export async function selectOwed(db: Database<SagaTables>, most: number): Promise<Owed[]> {
  const rows = await db
    .selectFrom('owed_returns')
    .select('order_id')
    .where('due_at', '<=', NOW)
    .orderBy('due_at')
    .limit(most)
    .execute()
  const own: Database = db
  const lines = await selectLines(
    own,
    rows.map(({ order_id }) => order_id),
  )
  const linesOf = Map.groupBy(lines, (line) => line.order_id)
  return rows.map(({ order_id }) => {
    const items = linesOf.get(order_id) ?? []
    return { orderId: order_id, items: items.map(({ product_id, quantity }) => ({ productId: product_id, quantity })) }
  })
}

export async function deleteOwed(db: Database<SagaTables>, orderId: string): Promise<void> {
  await withRetries(() => db.deleteFrom('owed_returns').where('order_id', '=', orderId).execute())
}
