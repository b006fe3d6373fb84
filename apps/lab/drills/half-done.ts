/** Checkouts that somebody began and did not live to end: by the shop's own steps, past the shop. */
import { createHash, randomUUID } from 'node:crypto'
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { databaseSagaOrders } from '../../orders/saga/database-saga-orders.ts'
import { type Database, oneDatabase } from '../../platform/mysql/database.ts'
import { undividedStore } from '../../platform/mysql/store.ts'
import { newId } from '../../platform/process/ids.ts'
import { databaseStock } from '../../products/stock/database-stock.ts'
import { withDatabase } from '../runner/database.ts'
import { type Place, placesOf } from '../runner/places.ts'

/** Each of a customer of another bucket, as far as there are so many. */
const MOST = 10
const ITEMS = [{ productId: 'prd_00100', quantity: 1 }]

/** So many: their keys are written down and their pieces taken, and nobody will place them. */
export async function leaveHalfDone(stage: StageState): Promise<number> {
  const places = await placesOf(stage)
  const shelf = places.find(({ holds }) => holds.includes('products'))
  const homes = places.filter(({ holds }) => holds.includes('orders')).slice(0, MOST)
  if (!shelf) throw new Error('the stage has no products')
  await withDatabase(shelf.url, async (catalogue) => {
    for (const home of homes) await withDatabase(home.url, (people) => begin(people, catalogue, bucketOf(home)))
  })
  return homes.length
}

async function begin(people: Database, catalogue: Database, bucket: string): Promise<void> {
  const orders = databaseSagaOrders(undividedStore('people', oneDatabase(people)))
  const stock = databaseStock({ writes: catalogue }, { stockChanged: async () => {} })
  const orderId = newId('ord', bucket)
  const request = { userId: newId('usr', bucket), key: randomUUID(), requestHash: createHash('sha256').digest() }
  await orders.intend(request, orderId)
  await stock.take(orderId, ITEMS)
}

function bucketOf({ url }: Place): string {
  return /\d\d$/.exec(new URL(url).pathname)?.[0] ?? '00'
}
