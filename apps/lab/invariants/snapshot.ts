import type { OrderLine } from '../../../loadtests/shop.ts'

/** What the shop's databases and the bank say at one moment. */
export type Snapshot = {
  readonly products: ReadonlyMap<string, ProductState>
  readonly orders: ReadonlyMap<string, OrderState>
  readonly keys: readonly OrderKey[]
  readonly payments: readonly PaymentState[]
  readonly charges: readonly Charge[]
  /** Pieces in carts, by user and product as `cartItem` names them. */
  readonly carts: ReadonlyMap<string, number>
  /** Ids of orders that are neither placed nor refused yet, or whose pieces are on their way back to the shelf. */
  readonly underWay: readonly string[]
  /** Where the stage tells of its orders: what those who hear of it have made of that. */
  readonly told?: Told
}

export type Told = {
  /** What happened to each order, in the order in which it was heard. */
  readonly histories: ReadonlyMap<string, readonly string[]>
  /** Pieces in paid orders, by product. */
  readonly sales: ReadonlyMap<string, number>
}

export type ProductState = {
  readonly stock: number
  /** Pieces in orders that are not cancelled. */
  readonly sold: number
  /** Pieces that have left the shelf for orders that are under way. */
  readonly reserved: number
  readonly priceCents: number
}
export type OrderState = {
  readonly userId: string
  readonly status: string
  readonly totalCents: number
  /** Sum over its lines of quantity times price; it must be the total. */
  readonly linesCents: number
  /** What was ordered, as `linesText` writes it. */
  readonly lines: string
}

/** As the database tells it: one text an order is all that is kept of what may be a hundred thousand lines. */
export function linesText(items: readonly OrderLine[]): string {
  return items
    .map(({ productId, quantity }) => `${productId} x${quantity}`)
    .sort()
    .join(', ')
}

export function cartItem(userId: string, productId: string): string {
  return `${userId} ${productId}`
}

export type OrderKey = { readonly userId: string; readonly key: string; readonly orderId: string }
export type PaymentState = {
  readonly id: string
  readonly orderId: string
  readonly status: string
  readonly amountCents: number
}
/** A line of the bank's ledger; `reference` is the order that the shop named. */
export type Charge = {
  readonly chargeId: string
  readonly reference: string
  readonly amountCents: number
  readonly status: string
}
