import type { Answer, IdempotentRequest } from '../platform/http/idempotency.ts'
import type { Draft, Order } from './order.ts'

/** How an order takes its stock, and gives it back: the one step that concerns two modules. */
export interface Checkout {
  /**
   * Throws PRODUCT_NOT_FOUND, OUT_OF_STOCK, KEY_REUSED or KEY_IN_USE; CART_EMPTY, or CART_CHANGED where the items are not those in the
   * cart. A refusal leaves no trace, not even the key: the same request may succeed when there is stock again.
   */
  place(request: IdempotentRequest, draft: Draft): Promise<Answer<Order>>
  /** Throws ORDER_NOT_FOUND, ALREADY_PAID, ALREADY_CANCELLED or PAYMENT_IN_PROGRESS. */
  cancel(userId: string, id: string): Promise<Order>
}
