import type { Transaction } from 'kysely'
import { ShopError } from '../../platform/http/errors.ts'
import type { OrderItem } from '../order.ts'
import { type CartTables, deleteCartItems } from './queries.ts'

/**
 * In the write that places the order. Whoever changes the cart at the same time waits for it, or it for them; then the cart is not as it
 * was seen. Throws CART_CHANGED.
 */
export async function takeFromCart(trx: Transaction<CartTables>, userId: string, items: readonly OrderItem[]): Promise<void> {
  if (!(await deleteCartItems(trx, userId, items))) throw new ShopError('CART_CHANGED', undefined, { retryAfterS: 1 })
}
