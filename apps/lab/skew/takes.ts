/** The catalogue alone, by the shop's own code: how many orders can take pieces of one product, and of many. */
import type { StageState } from '../../../infra/local/state/stage-state.ts'
import { type Draw, drawsOf, productId } from '../../../loadtests/popularity.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { connectDatabase, oneDatabase } from '../../platform/mysql/database.ts'
import { databaseStock } from '../../products/stock/database-stock.ts'
import type { Stock } from '../../products/stock/stock.ts'
import type { Tables } from '../../shop/tables.ts'
import { placesOf } from '../runner/places.ts'
import type { SkewResults } from './results.ts'

export type Taking = { readonly stage: StageState; readonly seconds: number; readonly hot: string; readonly signal: AbortSignal }

const AT_ONCE = 10

export async function measureTakes({ stage, seconds, hot, signal }: Taking): Promise<SkewResults['takesPerS']> {
  const shelf = (await placesOf(stage)).find(({ holds }) => holds.includes('products'))
  if (!shelf) throw new Error(`stage ${stage.name} has no products`)
  const databases = oneDatabase(connectDatabase<Tables>(parseDatabaseUrl('catalogue', shelf.url)))
  const stock = databaseStock(databases, { stockChanged: async () => undefined })
  const during = (productOf: (draw: Draw) => string) => takesPerS(stock, productOf, seconds, signal)
  try {
    // The first takes meet cold connections and pages.
    await during(evenProduct)
    return { many: await during(evenProduct), one: await during(() => hot) }
  } finally {
    await databases.close()
  }
}

/** One of a thousand, each as often. */
export function evenProduct(draw: Draw): string {
  return productId(1 + Math.floor(EVEN_PRODUCTS * draw()))
}

const EVEN_PRODUCTS = 1_000
let orders = 0

async function takesPerS(stock: Stock, productOf: (draw: Draw) => string, seconds: number, signal: AbortSignal): Promise<number> {
  const draw = drawsOf(1, 0)
  const [startedAt, first] = [performance.now(), orders]
  const endsAt = startedAt + 1_000 * seconds
  const taker = async () => {
    while (performance.now() < endsAt) {
      signal.throwIfAborted()
      orders += 1
      // The stage's sweeper looks for them in the bucket that their ids name, finds none, and gives their pieces back.
      await stock.take(`ord_skew_${orders}_00`, [{ productId: productOf(draw), quantity: 1 }])
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, taker))
  return (1_000 * (orders - first)) / (performance.now() - startedAt)
}
