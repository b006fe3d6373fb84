import { type Expression, sql, type Transaction } from 'kysely'
import { compiled } from '../../platform/mysql/compiled.ts'
import type { Database } from '../../platform/mysql/database.ts'
import type { OrderItem } from '../order.ts'

export type CartTables = {
  carts: { user_id: string }
  cart_items: { user_id: string; product_id: string; quantity: number; put_at: Date }
}

type Trx = Transaction<CartTables>

const insertCart = compiled((db: Database<CartTables>, userId: string) =>
  db.insertInto('carts').values({ user_id: userId }).onDuplicateKeyUpdate({ user_id: userId }),
)

/** Until the transaction ends nobody else puts anything into this cart. A lock on its items would hold up the carts beside it. */
export async function lockCart(trx: Trx, userId: string): Promise<void> {
  await insertCart(trx, userId)
}

const itemsOf = compiled((db: Database<CartTables>, userId: string) =>
  db
    .selectFrom('cart_items')
    .select(['product_id as productId', 'quantity'])
    .where('user_id', '=', userId)
    .orderBy('put_at')
    .orderBy('product_id'),
)

/** What was put in first comes first. */
export async function selectCartItems(db: Database<CartTables>, userId: string): Promise<OrderItem[]> {
  return (await itemsOf(db, userId)).rows
}

const putItem = compiled((db: Database<CartTables>, item: CartTables['cart_items']) =>
  db.insertInto('cart_items').values(item).onDuplicateKeyUpdate({ quantity: item.quantity }),
)

/** What is there already keeps its place. */
export async function upsertCartItem(trx: Trx, item: CartTables['cart_items']): Promise<void> {
  await putItem(trx, item)
}

/** False where it was not there. */
export async function deleteCartItem(db: Database<CartTables>, userId: string, productId: string): Promise<boolean> {
  const item = db.deleteFrom('cart_items').where('user_id', '=', userId).where('product_id', '=', productId)
  return (await item.executeTakeFirst()).numDeletedRows > 0n
}

const deleteItems = compiled((db: Database<CartTables>, userId: string, items: readonly OrderItem[]) =>
  db
    .deleteFrom('cart_items')
    .where('user_id', '=', userId)
    .where(
      'product_id',
      'in',
      items.map(({ productId }) => productId),
    )
    .where('quantity', '=', quantityIn(items)),
)

/** By their whole keys, which locks no more than them. False where one is not in the cart, or not in this quantity. */
export async function deleteCartItems(trx: Trx, userId: string, items: readonly OrderItem[]): Promise<boolean> {
  const own = items.map(({ productId, quantity }) => ({ productId, quantity }))
  return (await deleteItems(trx, userId, own)).numAffectedRows === BigInt(items.length)
}

/** The quantity of the product whose row it is. */
function quantityIn(items: readonly OrderItem[]): Expression<number> {
  const cases = items.map(({ productId, quantity }) => sql`when ${productId} then ${quantity}`)
  return sql<number>`case product_id ${sql.join(cases, sql` `)} end`
}
