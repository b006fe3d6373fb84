import { afterEach, inject } from 'vitest'
import { type ShopDatabase, shopDatabase } from '../../fixtures/shop-database.ts'
import { NO_GATE } from '../../products/flash-sales/gate.ts'
import { makeOrders, type Orders } from '../orders.ts'
import { databaseSagaOrders } from './database-saga-orders.ts'
import type { SagaEvent } from './steps.ts'
import { memorySagaOrders } from './test-memory-saga-orders.ts'
import { type Desk, sagaOrdersSuite, USER } from './test-saga-orders-suite.ts'

const LONG_AGO = new Date(0)

let databases: ShopDatabase | undefined
afterEach(async () => {
  await databases?.close()
  databases = undefined
})

async function deskInDatabase(): Promise<Desk> {
  const store = await shopDatabase(inject('databaseUrl'))
  databases = store
  const db = store.writes
  const orders = databaseSagaOrders(store)
  const checkout = { place: () => Promise.reject(new Error('not here')), cancel: orders.cancel }
  const others = makeOrders(store, { checkout, gate: NO_GATE, subscribers: [] })
  return {
    orders,
    pay: (orderId, event) => pay(others, orderId, event),
    async passTime() {
      await db.updateTable('order_keys').set({ pending_until: LONG_AGO }).where('pending_until', 'is not', null).execute()
      await db.updateTable('owed_returns').set({ due_at: LONG_AGO }).execute()
    },
  }
}

async function pay(orders: Orders, id: string, event: SagaEvent): Promise<unknown> {
  if (event === 'payment begun') return orders.claimForPayment(USER, id, 'pay_1')
  if (event === 'card declined') return orders.releasePayment(USER, id, 'pay_1')
  return orders.markPaid(USER, { id, items: [] }, 'pay_1')
}

async function deskInMemory(): Promise<Desk> {
  let now = 0
  const orders = memorySagaOrders({ now: () => now })
  return {
    orders,
    pay: async (orderId, event) => orders.pay(orderId, event),
    passTime: async () => {
      now += 60_000
    },
  }
}

sagaOrdersSuite('orders in a database', deskInDatabase)
sagaOrdersSuite('orders in memory', deskInMemory)
