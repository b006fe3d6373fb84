import type { Transaction } from 'kysely'
import { ShopError } from '../../platform/http/errors.ts'
import type { IdempotentRequest } from '../../platform/http/idempotency.ts'
import type { Database, Databases } from '../../platform/mysql/database.ts'
import type { Store } from '../../platform/mysql/store.ts'
import { codeOf, inTransaction } from '../../platform/mysql/transactions.ts'
import { bucketOfId } from '../../platform/process/buckets.ts'
import { within } from '../../platform/process/within.ts'
import type { Line } from '../../products/stock/stock.ts'
import type { Announce } from '../announce.ts'
import type { CartTables } from '../cart/queries.ts'
import { takeFromCart } from '../cart/take-from-cart.ts'
import type { Draft, Order } from '../order.ts'
import type { OrdersTables } from '../queries.ts'
import { readAsPlaced, storeCancelled, storePlaced } from '../stored-orders.ts'
import {
  deleteIntent,
  deleteOwed,
  insertIntent,
  insertOwed,
  LEFTOVERS,
  type SagaTables,
  selectKnownKey,
  selectLateIntents,
  selectOwed,
  selectStates,
  setPlaced,
} from './queries.ts'
import type { Intent, KnownKey, Leftovers, SagaOrders } from './saga-orders.ts'
import type { SagaState } from './steps.ts'

/** What cannot be asked by then is asked in the next sweep. */
const ASK_WITHIN_MS = 2_000
/** Of each database in one sweep. */
const MOST_LEFTOVERS = 100

/** Nothing here is read from a replica: what it has not heard of yet would look refused. */
export function databaseSagaOrders(store: Store<SagaTables>, announce?: Announce): SagaOrders {
  const ofUser = (userId: string) => store.of(userId).writes
  const ofOrder = (orderId: string) => placeOf(store, orderId).writes
  return {
    intend: (request, orderId) => intend(ofUser(request.userId), request, orderId),
    place: (intent, lines, how) => inTransaction(ofUser(intent.userId), (trx) => place(trx, { intent, lines, ...how, announce })),
    refuse: (intent) => refuse(ofUser(intent.userId), intent),
    find: (userId, orderId) => find(ofUser(userId), userId, orderId),
    cancel: (userId, orderId) => inTransaction(ofUser(userId), (trx) => cancel(trx, userId, orderId, announce)),
    settle: (orderId) => deleteOwed(ofOrder(orderId), orderId),
    states: (orderIds) => statesIn(store, orderIds),
    leftovers: () => leftoversIn(store),
  }
}

/** An order's id carries the bucket of its owner. */
function placeOf(store: Store<SagaTables>, orderId: string): Databases<SagaTables> {
  return store.of(bucketOfId(orderId) ?? orderId)
}

async function intend(db: Database<SagaTables>, request: IdempotentRequest, orderId: string): Promise<KnownKey | undefined> {
  try {
    await insertIntent(db, request, orderId)
    return undefined
  } catch (error) {
    const known = OF_KEYS.has(codeOf(error)) ? await selectKnownKey(db, request.userId, request.key) : undefined
    if (known) return known
    // Refused and forgotten between the two statements.
    if (OF_KEYS.has(codeOf(error))) throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1, cause: error })
    throw error
  }
}

/** Only requests with this key can have got in the way. */
const OF_KEYS: ReadonlySet<string> = new Set(['ER_DUP_ENTRY', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT'])

type Placing = Pick<Draft, 'fromCart'> & {
  readonly intent: Intent
  readonly lines: readonly Line[]
  readonly announce: Announce | undefined
}

async function place(trx: Transaction<SagaTables>, { intent, lines, fromCart, announce }: Placing): Promise<Order | undefined> {
  if (!(await setPlaced(trx, intent))) return undefined
  const carts: Transaction<CartTables> = trx
  if (fromCart) await takeFromCart(carts, intent.userId, lines)
  const own: Transaction<OrdersTables> = trx
  return storePlaced(own, { id: intent.orderId, userId: intent.userId, lines }, announce)
}

async function refuse(db: Database<SagaTables>, intent: Intent): Promise<SagaState> {
  if (await deleteIntent(db, intent)) return 'refused'
  return (await stateIn(db, [intent.orderId])).get(intent.orderId) ?? 'refused'
}

async function find(db: Database<SagaTables>, userId: string, orderId: string): Promise<Order> {
  const own: Database<OrdersTables> = db as Database
  return readAsPlaced(own, userId, orderId)
}

async function cancel(
  trx: Transaction<SagaTables>,
  userId: string,
  orderId: string,
  announce: Announce | undefined,
): Promise<Order> {
  const own: Transaction<OrdersTables> = trx
  const order = await storeCancelled(own, userId, orderId, announce)
  await insertOwed(trx, orderId)
  return order
}

/** Each database is asked once, and those that answer in time count. */
async function statesIn(store: Store<SagaTables>, orderIds: readonly string[]): Promise<ReadonlyMap<string, SagaState>> {
  const places = Map.groupBy(orderIds, (orderId) => placeOf(store, orderId))
  const answers = await Promise.all([...places].map(([{ writes }, ids]) => within(ASK_WITHIN_MS, stateIn(writes, ids))))
  return new Map(answers.flatMap((states) => [...(states ?? [])]))
}

async function stateIn(db: Database<SagaTables>, ids: readonly string[]): Promise<Map<string, SagaState>> {
  const known = (await selectStates(db, ids)).map(({ id, state }) => [id, state] as const)
  return new Map<string, SagaState>([...ids.map((id) => [id, 'refused'] as const), ...known])
}

async function leftoversIn(store: Store<SagaTables>): Promise<Leftovers> {
  const ask = async ({ writes }: Databases<SagaTables>) => {
    return { intents: await selectLateIntents(writes, MOST_LEFTOVERS), owed: await selectOwed(writes, MOST_LEFTOVERS) }
  }
  const { values, missing } = await store.each(ask, { withinMs: ASK_WITHIN_MS, having: LEFTOVERS })
  return { intents: values.flatMap(({ intents }) => intents), owed: values.flatMap(({ owed }) => owed), missing }
}
