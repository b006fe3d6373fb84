/** A shop of one product that is fought for, for tests of flash sales. */
import { makeFlashSales } from '../../apps/orders/flash-sales.ts'
import { makeOrders, type Order, type Orders } from '../../apps/orders/orders.ts'
import { type SaleGate, throughGate } from '../../apps/orders/sale-gate.ts'
import { makeProducts } from '../../apps/products/products.ts'
import type { Databases } from '../../apps/shop/database.ts'
import { ShopError } from '../../apps/shop/errors.ts'
import type { Answer } from '../../apps/shop/idempotency.ts'
import { shopDatabase } from './shop-database.ts'

export const HOT = 'prd_hot'

/** One app's part in the sale. */
export type SaleShop = { readonly orders: Orders; open(pieces: number, lastsMs?: number, productId?: string): Promise<void> }

export type Tally = { sold: number; refused: number; other: unknown[] }

/** HOT, `prd_other` of which there is enough, and `prd_gone` of which there is nothing. */
export async function saleDatabase(serverUrl: string): Promise<Databases> {
  const stocks = { [HOT]: 7, prd_other: 1_000, prd_gone: 0 }
  const databases = await shopDatabase(
    serverUrl,
    Object.entries(stocks).map(([id, stock]) => ({ id, stock })),
  )
  await databases.writes.insertInto('categories').values({ id: 'cat_01', name: 'c' }).execute()
  return databases
}

/** `onPlace` hears of each order that comes as far as MySQL. */
export function saleShop(databases: Databases, gate: SaleGate, onPlace: () => void = () => {}): SaleShop {
  const orders = makeOrders(databases)
  const heard: Orders = {
    ...orders,
    place(request, draft) {
      onPlace()
      return orders.place(request, draft)
    },
  }
  const sales = makeFlashSales(databases, { products: makeProducts(databases), gate })
  const open = (pieces: number, lastsMs = 60_000, productId = HOT) =>
    sales.open({ productId, pieces, endsAt: new Date(Date.now() + lastsMs) })
  return { orders: throughGate(heard, gate), open }
}

/** The buyer's one request: the same each time. */
export function buy({ orders }: SaleShop, buyer: number | string, ids: readonly string[] = [HOT]): Promise<Answer<Order>> {
  const items = ids.map((productId) => ({ productId, quantity: 1 }))
  return orders.place({ userId: `usr_${buyer}`, key: 'k', requestHash: Buffer.alloc(32) }, { items })
}

const AT_ONCE = 40
const MOST_ATTEMPTS = 10

/** So many buyers, each at the next shop, who send their request again where it was not answered; `onSold` hears of each piece. */
export async function rush(
  shops: readonly SaleShop[],
  buyers: number,
  onSold: (sold: number) => void = () => {},
): Promise<Tally> {
  const tally: Tally = { sold: 0, refused: 0, other: [] }
  let next = 0
  const queue = async () => {
    while (next < buyers) {
      const buyer = next
      next += 1
      const outcome = await insist(shops[buyer % shops.length] as SaleShop, buyer)
      if (outcome === 'sold') onSold(++tally.sold)
      else if (outcome === 'refused') tally.refused += 1
      else tally.other.push(outcome)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, queue))
  return tally
}

async function insist(shop: SaleShop, buyer: number): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await buy(shop, buyer)
      return 'sold'
    } catch (error) {
      if (error instanceof ShopError && error.code === 'OUT_OF_STOCK') return 'refused'
      if (attempt === MOST_ATTEMPTS) return error
    }
  }
}

export async function stockOf({ writes }: Databases, id = HOT): Promise<number> {
  return (await writes.selectFrom('products').select('stock').where('id', '=', id).executeTakeFirstOrThrow()).stock
}

export async function ordersIn({ writes }: Databases): Promise<number> {
  return (await writes.selectFrom('orders').select('id').execute()).length
}
