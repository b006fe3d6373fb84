import { countCompensation } from '../../platform/http/metrics.ts'
import type { Stock } from '../../products/stock/stock.ts'
import type { OrderItem } from '../order.ts'

/** Throws what the shelf throws; then somebody has to try it again, and the metrics say that it has failed. */
export async function giveBack(stock: Stock, orderId: string, items?: readonly OrderItem[]): Promise<void> {
  try {
    await stock.giveBack(orderId, items)
    countCompensation('done')
  } catch (error) {
    countCompensation('failed')
    throw error
  }
}
