/**
 * What is done about an order besides the order itself. All parts hear of what happened at once, in the order of the list: none may
 * wait for another, or the answer would wait for all of them one after the other.
 */
import type { Databases } from '../platform/mysql/database.ts'
import type { Store } from '../platform/mysql/store.ts'
import type { Bestsellers } from './bestsellers.ts'
import type { OrderItem, SoldOrder } from './order.ts'
import type { OrdersTables } from './queries.ts'

type OrderEvent = { readonly userId: string; readonly items: readonly OrderItem[] }

/** An event that was told may be told again: a repeated request is, since whoever answered the first may have ended before it told. */
export type Subscriber = {
  /** The order is placed, by this request or by one that it repeats, and not answered yet. */
  placed?(event: OrderEvent, how: { readonly replayed: boolean }): Promise<void>
  /** Nobody knows whether it was placed. */
  doubted?(event: OrderEvent): Promise<void>
  cancelled?(event: OrderEvent): Promise<void>
  /** Not cancelled, for what it has become. */
  notCancelled?(userId: string): Promise<void>
  /** Before it is marked as paid; what it answers is called once it is, by the one call that did it. */
  paying?(order: SoldOrder): Promise<() => Promise<void>>
}

/** Pays the order; those that asked to be are told once it is paid, if `pay` says that it was paid by this very call. */
export async function tellPaid(
  subscribers: readonly Subscriber[],
  order: SoldOrder,
  pay: () => Promise<boolean>,
): Promise<boolean> {
  const told = await Promise.all(subscribers.map((subscriber) => subscriber.paying?.(order)))
  const isPaid = await pay()
  if (isPaid) await Promise.all(told.map((tell) => tell?.()))
  return isPaid
}

/** So that who has just ordered finds the order, whichever replica is asked. */
export function notePositions(store: Pick<Store<OrdersTables>, 'of'>): Subscriber {
  const placeOf = (userId: string): Databases<OrdersTables> => store.of(userId)
  return {
    placed: ({ userId }, { replayed }) => (replayed ? placeOf(userId).saw(userId) : placeOf(userId).wrote(userId)),
    cancelled: ({ userId }) => placeOf(userId).wrote(userId),
    // It says what the order has become, and the next look must not say otherwise.
    notCancelled: (userId) => placeOf(userId).saw(userId),
  }
}

/** Hears of products of which an order took stock or gave it back. */
export type StockListener = { stockChanged(productIds: readonly string[]): Promise<void> }

/** Whoever shows a stock is told of it before the order is answered, so that its buyer sees what is left. */
export function showStock(listener: StockListener): Subscriber {
  const tell = ({ items }: OrderEvent) => listener.stockChanged(items.map(({ productId }) => productId))
  return { placed: tell, doubted: tell, cancelled: tell }
}

/** What is paid is sold. */
export function countSales(bestsellers: Pick<Bestsellers, 'selling'>): Subscriber {
  return { paying: (order) => bestsellers.selling(order) }
}
