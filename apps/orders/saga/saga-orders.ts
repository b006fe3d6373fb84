import type { IdempotentRequest } from '../../platform/http/idempotency.ts'
import type { Line } from '../../products/stock/stock.ts'
import type { Draft, Order, OrderItem } from '../order.ts'
import type { SagaState } from './steps.ts'

/** An order that is asked for, and the key that it was asked for with. */
export type Intent = { readonly userId: string; readonly key: string; readonly orderId: string }
/** A cancelled order whose pieces need not be back yet. */
export type Owed = { readonly orderId: string; readonly items: readonly OrderItem[] }
export type KnownKey = { readonly orderId: string; readonly requestHash: Buffer; readonly isPlaced: boolean }

/**
 * What the customer's database knows of an order, from its key on: it decides what becomes of it. Each change is one commit, happens to
 * the state that the table of steps names and to no other, and may be repeated.
 */
export interface SagaOrders {
  /** Writes the key down; or answers the order that it belongs to. Throws KEY_IN_USE where that was refused just now. */
  intend(request: IdempotentRequest, orderId: string): Promise<KnownKey | undefined>
  /**
   * Undefined where it was refused meanwhile. `fromCart`: the lines leave the cart in the same commit; throws CART_CHANGED where they
   * are not there.
   */
  place(intent: Intent, lines: readonly Line[], how?: Pick<Draft, 'fromCart'>): Promise<Order | undefined>
  /** Its key is free again. Answers what it is then: refused, unless it was placed before. */
  refuse(intent: Intent): Promise<SagaState>
  /** As it was placed. Throws ORDER_NOT_FOUND. */
  find(userId: string, orderId: string): Promise<Order>
  /** Its pieces are owed to the shelf from now on. Throws ORDER_NOT_FOUND, ALREADY_PAID, ALREADY_CANCELLED or PAYMENT_IN_PROGRESS. */
  cancel(userId: string, orderId: string): Promise<Order>
  /** The pieces of a cancelled order are back. */
  settle(orderId: string): Promise<void>
  /** What these orders are now; of those whose database cannot be asked, nothing. */
  states(orderIds: readonly string[]): Promise<ReadonlyMap<string, SagaState>>
  leftovers(): Promise<Leftovers>
}

/** What nobody has ended in time, the oldest first; `missing` are the databases that cannot be asked. */
export type Leftovers = {
  readonly intents: readonly Intent[]
  readonly owed: readonly Owed[]
  readonly missing: readonly { readonly name: string; readonly reason: unknown }[]
}
