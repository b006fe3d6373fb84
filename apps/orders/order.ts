/** What an order is to the rest of the shop. */
export type OrderStatus = 'placed' | 'paying' | 'paid' | 'cancelled'

export type Order = {
  readonly id: string
  readonly status: OrderStatus
  readonly totalCents: number
  readonly items: OrderLine[]
  readonly createdAt: string
}
/** Name and price as they were when the order was placed. */
export type OrderLine = {
  readonly productId: string
  readonly name: string
  readonly quantity: number
  readonly unitPriceCents: number
}
export type OrderItem = { readonly productId: string; readonly quantity: number }
/** What is to be ordered. `fromCart`: it is all that is in the buyer's cart, and leaves it in the write that places the order. */
export type Draft = { readonly items: readonly OrderItem[]; readonly fromCart?: boolean }
/** In an order, and so in a cart. */
export const MOST_PRODUCTS = 20
/** Of one product. */
export const MOST_PIECES = 100
/** What is counted as sold when it is paid. */
export type SoldOrder = Pick<Order, 'id' | 'items'>
/** How many pieces of a product are in paid orders. */
export type Sold = { readonly productId: string; readonly pieces: number }
