/**
 * What becomes of an order whose stock is in another database than itself, as a table: the saga and its sweeper act by it, its picture is
 * drawn from it, and a test holds the database to it. The order's own database decides; its stock follows.
 */
import type { OrderStatus } from '../order.ts'

/** `pending`: its key is written down, and nobody sees it yet. `refused`: neither order nor key is there, any more or at all. */
export type SagaState = 'pending' | 'refused' | OrderStatus

/** What is to be done about the pieces that an order in this state may have taken. */
export type StockDuty = 'wait' | 'keep' | 'give back'

export type SagaEvent =
  | 'key written down'
  | 'stock taken'
  | 'no stock, or no answer'
  | 'time over'
  | 'payment begun'
  | 'card declined'
  | 'card charged'
  | 'cancelled'

type Step = { readonly from: SagaState; readonly event: SagaEvent; readonly to: SagaState }

export const STEPS: readonly Step[] = [
  { from: 'refused', event: 'key written down', to: 'pending' },
  { from: 'pending', event: 'stock taken', to: 'placed' },
  { from: 'pending', event: 'no stock, or no answer', to: 'refused' },
  { from: 'pending', event: 'time over', to: 'refused' },
  { from: 'placed', event: 'payment begun', to: 'paying' },
  { from: 'paying', event: 'card declined', to: 'placed' },
  { from: 'paying', event: 'card charged', to: 'paid' },
  { from: 'placed', event: 'cancelled', to: 'cancelled' },
]

export const DUTIES: Readonly<Record<SagaState, StockDuty>> = {
  pending: 'wait',
  refused: 'give back',
  placed: 'keep',
  paying: 'keep',
  paid: 'keep',
  cancelled: 'give back',
}

/** Undefined where the event changes nothing. */
export function next(state: SagaState, event: SagaEvent): SagaState | undefined {
  return STEPS.find((step) => step.from === state && step.event === event)?.to
}
