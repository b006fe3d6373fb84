import type { OrderLine } from '../../../../loadtests/shop.ts'
import { cartItem } from '../../invariants/snapshot.ts'

export type CartMistake = 'cart item forgotten' | 'ordered items left in the cart' | 'old cart shown' | 'cart emptied by itself'

/** The carts of the shop that makes mistakes. */
export class FaultyCarts {
  readonly #errs: (mistake: CartMistake) => boolean
  readonly #carts = new Map<string, Map<string, number>>()
  readonly #before = new Map<string, readonly OrderLine[]>()

  constructor(errs: (mistake: CartMistake) => boolean) {
    this.#errs = errs
  }

  put(userId: string, productId: string, quantity: number): void {
    this.#before.set(userId, this.items(userId))
    const cart = this.#carts.get(userId) ?? new Map<string, number>()
    if (!this.#errs('cart item forgotten')) cart.set(productId, quantity)
    if (this.#errs('cart emptied by itself')) cart.clear()
    this.#carts.set(userId, cart)
  }

  shown(userId: string): readonly OrderLine[] {
    const before = this.#before.get(userId)
    return before && this.#errs('old cart shown') ? before : this.items(userId)
  }

  items(userId: string): readonly OrderLine[] {
    return [...(this.#carts.get(userId) ?? [])].map(([productId, quantity]) => ({ productId, quantity }))
  }

  /** What is ordered. */
  take(userId: string): readonly OrderLine[] {
    const items = this.items(userId)
    if (!this.#errs('ordered items left in the cart')) this.#carts.delete(userId)
    return items
  }

  snapshot(): Map<string, number> {
    const pieces = [...this.#carts].flatMap(([userId, cart]) =>
      [...cart].map(([productId, quantity]) => [cartItem(userId, productId), quantity] as const),
    )
    return new Map(pieces)
  }
}
