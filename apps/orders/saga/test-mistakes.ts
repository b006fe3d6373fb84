/** Mistakes that are made with sagas, each of which the schedules must find. */
import type { MemoryStockOptions } from '../../products/stock/test-memory-stock.ts'
import type { SagaParts } from './checkout-saga.ts'
import type { Scene } from './test-invariants.ts'
import type { MemorySagaOrdersOptions } from './test-memory-saga-orders.ts'

export type Mistake = {
  readonly stock?: Partial<MemoryStockOptions>
  readonly orders?: Partial<MemorySagaOrdersOptions>
  /** What an app makes of its parts. */
  harm?(parts: SagaParts, scene: Scene): SagaParts
}

const SHORT_MS = 1_500

export const MISTAKES = {
  'what was given back leaves no tombstone': { stock: { forgets: true } },
  'the lease is shorter than the request that it guards': { orders: { leaseMs: SHORT_MS } },
  'an order is placed without a look whether it was refused': { orders: { placesAnything: true } },
  'a refusal leaves its key': { orders: { keepsKeys: true } },
  'a cancellation does not say what it owes': { orders: { owesNothing: true } },
  'the key is written down after the pieces are taken': {
    harm: ({ orders, stock }, { attempts }) => ({
      stock,
      orders: {
        ...orders,
        async intend(request, orderId) {
          await stock.take(orderId, attempts.get(orderId)?.items ?? [])
          return orders.intend(request, orderId)
        },
      },
    }),
  },
  'pieces go back before the refusal is written': {
    harm: ({ orders, stock }) => ({
      stock,
      orders: {
        ...orders,
        async refuse(intent) {
          await stock.giveBack(intent.orderId)
          return orders.refuse(intent)
        },
      },
    }),
  },
  'a compensation that fails is not repeated': {
    harm: ({ orders, stock }) => ({
      orders,
      stock: { ...stock, giveBack: (...asked) => stock.giveBack(...asked).catch(() => {}) },
    }),
  },
  'a database that cannot be asked is taken for one that knows of no order': {
    harm: ({ orders, stock }) => ({
      stock,
      orders: {
        ...orders,
        async states(ids) {
          const known = await orders.states(ids)
          return new Map(ids.map((id) => [id, known.get(id) ?? 'refused']))
        },
      },
    }),
  },
  'an order whose answer was lost is taken for one that was not placed': {
    harm: ({ orders, stock }) => ({
      stock,
      orders: {
        ...orders,
        async refuse(intent) {
          await orders.refuse(intent)
          return 'refused'
        },
      },
    }),
  },
} as const satisfies Record<string, Mistake>
