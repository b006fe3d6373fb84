import { ShopError } from '../../platform/http/errors.ts'
import type { Databases } from '../../platform/mysql/database.ts'
import type { Products } from '../products.ts'
import type { SaleGate } from './gate.ts'
import { type FlashSalesTables, upsertFlashSale } from './queries.ts'

export type FlashSale = { readonly productId: string; readonly pieces: number; readonly endsAt: Date }

/** Few pieces, many buyers, a short time. */
export interface FlashSales {
  /** The product's stock becomes `pieces`. Throws PRODUCT_NOT_FOUND, or BAD_REQUEST for an end that is past or too far away. */
  open(sale: FlashSale): Promise<void>
}

const LONGEST_MS = 24 * 60 * 60_000

type Parts = { readonly products: Pick<Products, 'change'>; readonly gate: SaleGate }

/** What is for sale is the stock, and MySQL keeps it: the gate only spares it those who come too late. */
export function makeFlashSales({ writes }: Pick<Databases<FlashSalesTables>, 'writes'>, { products, gate }: Parts): FlashSales {
  return {
    async open(sale) {
      checkEnd(sale.endsAt)
      await products.change(sale.productId, { stock: sale.pieces })
      const opened = { product_id: sale.productId, ends_at: sale.endsAt }
      await upsertFlashSale(writes, opened)
      await gate.open(opened, sale.pieces)
    },
  }
}

function checkEnd(endsAt: Date): void {
  const inMs = endsAt.getTime() - Date.now()
  if (inMs > 0 && inMs <= LONGEST_MS) return
  throw new ShopError('BAD_REQUEST', `a sale ends in the future, and within ${LONGEST_MS / 3_600_000} hours`)
}
