import { ShopError } from '../../platform/http/errors.ts'
import type { Item } from '../flash-sales/gate.ts'
import type { ProductsTables } from '../queries.ts'
import { outOfStock } from '../stocks.ts'
import type { Line } from './stock.ts'

type Row = ProductsTables['products']

/** What these pieces cost as the products were read. Throws PRODUCT_NOT_FOUND, or OUT_OF_STOCK where there are not so many. */
export function offerOf(products: readonly Pick<Row, 'id' | 'name' | 'stock' | 'price_cents'>[], items: readonly Item[]): Line[] {
  const byId = new Map(products.map((product) => [product.id, product]))
  return items.map(({ productId, quantity }) => {
    const product = byId.get(productId)
    if (!product) throw new ShopError('PRODUCT_NOT_FOUND', `there is no product ${productId}`)
    if (product.stock < quantity) throw outOfStock(productId, product.stock)
    return { productId, name: product.name, quantity, unitPriceCents: product.price_cents }
  })
}
