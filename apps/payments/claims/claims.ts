import type { Order } from '../../orders/order.ts'
import type { NewPayment, Outcome, PaymentRow, Started } from '../queries.ts'

/** What a payment does to its order, and both must remember: the steps that concern two modules. */
export interface Claims {
  /**
   * Writes the payment down and claims the order for it; or answers the payment that the key belongs to already.
   * Throws ORDER_NOT_FOUND, ALREADY_PAID, ALREADY_CANCELLED or PAYMENT_IN_PROGRESS, and then nothing is written down.
   */
  begin(payment: NewPayment): Promise<Begun>
  /** Claims the order once more, for a payment that was left unfinished. Throws what `begin` throws, and then the payment is forgotten. */
  resume(payment: Started): Promise<Order>
  /** The order is paid or, where the card was declined, given back; and the outcome is stored. May be repeated. */
  end(payment: Started, order: Order, outcome: Outcome): Promise<void>
}

export type Begun = { readonly order: Order } | { readonly known: PaymentRow }
