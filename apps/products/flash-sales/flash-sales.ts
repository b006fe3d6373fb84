import type { Transaction } from 'kysely'
import { ShopError } from '../../platform/http/errors.ts'
import { type Answer, assertSameRequest, type IdempotentRequest } from '../../platform/http/idempotency.ts'
import type { Database, Databases } from '../../platform/mysql/database.ts'
import { codeOf, inTransaction } from '../../platform/mysql/transactions.ts'
import type { Products } from '../products.ts'
import { type ProductsTables, updateProduct } from '../queries.ts'
import type { SaleGate } from './gate.ts'
import { type FlashSalesTables, insertFlashSaleKey, selectFlashSaleKey, upsertFlashSale } from './queries.ts'

type FlashSale = { readonly productId: string; readonly pieces: number; readonly endsAt: Date }

/** Few pieces, many buyers, a short time. */
export interface FlashSales {
  /**
   * The product's stock becomes `pieces`, once for each key.
   * Throws PRODUCT_NOT_FOUND, KEY_REUSED, KEY_IN_USE, or BAD_REQUEST for an end that is past or too far away.
   */
  open(request: IdempotentRequest, sale: FlashSale): Promise<Answer<FlashSale>>
}

const LONGEST_MS = 24 * 60 * 60_000

type Tables = FlashSalesTables & ProductsTables
type Parts = { readonly products: Pick<Products, 'stockChanged'>; readonly gate: SaleGate }

/** What is for sale is the stock, and MySQL keeps it: the gate only spares it those who come too late. */
export function makeFlashSales({ writes }: Pick<Databases<Tables>, 'writes'>, { products, gate }: Parts): FlashSales {
  return {
    async open(request, sale) {
      const opened = await openOnce(writes, request, sale).catch(async (error) => {
        // What was refused changed nothing; of other errors nobody knows.
        if (!(error instanceof ShopError)) await products.stockChanged([sale.productId])
        throw error
      })
      // A repeat is told too: whoever opened the sale may have ended before it could. What is left only MySQL knows by then.
      await products.stockChanged([sale.productId])
      if (!opened.replayed) await gate.open({ product_id: sale.productId, ends_at: sale.endsAt }, sale.pieces)
      return opened
    },
  }
}

async function openOnce(db: Database<Tables>, request: IdempotentRequest, sale: FlashSale): Promise<Answer<FlashSale>> {
  try {
    checkEnd(sale.endsAt)
    await inTransaction(db, (trx) => openSale(trx, request, sale))
    return { value: sale, replayed: false }
  } catch (error) {
    // A repeat is answered as before even when the sale is over.
    const known = OF_REPEATS.has(codeOf(error)) ? await replay(db, request) : undefined
    if (known) return { value: known, replayed: true }
    // Refused and forgotten between the two statements.
    throw codeOf(error) === 'ER_DUP_ENTRY' ? new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1 }) : error
  }
}

const OF_REPEATS: ReadonlySet<string> = new Set(['ER_DUP_ENTRY', 'BAD_REQUEST'])

/** The key comes first: a repeat must find it before the shelf is filled again. */
async function openSale(trx: Transaction<Tables>, request: IdempotentRequest, sale: FlashSale): Promise<void> {
  await takeKey(trx, request, sale)
  const catalogue: Transaction<ProductsTables> = trx
  const { isThere } = await updateProduct(catalogue, sale.productId, { stock: sale.pieces })
  if (!isThere) throw new ShopError('PRODUCT_NOT_FOUND')
  await upsertFlashSale(trx, { product_id: sale.productId, ends_at: sale.endsAt })
}

/** Waits while another request with the key is running, up to the database's lock wait timeout. */
async function takeKey(
  trx: Transaction<Tables>,
  request: IdempotentRequest,
  { productId, pieces, endsAt }: FlashSale,
): Promise<void> {
  const key = { user_id: request.userId, idempotency_key: request.key, request_hash: request.requestHash }
  await insertFlashSaleKey(trx, { ...key, product_id: productId, pieces, ends_at: endsAt }).catch((error) => {
    const code = codeOf(error)
    if (code === 'ER_LOCK_WAIT_TIMEOUT') throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1 })
    // Only requests with this key can have got in the way; the cause lets the transaction run again before we say so.
    if (code === 'ER_LOCK_DEADLOCK') throw new ShopError('KEY_IN_USE', undefined, { retryAfterS: 1, cause: error })
    throw error
  })
}

async function replay(db: Database<Tables>, request: IdempotentRequest): Promise<FlashSale | undefined> {
  const known = await selectFlashSaleKey(db, request.userId, request.key)
  if (!known) return undefined
  assertSameRequest(known.request_hash, request)
  return { productId: known.product_id, pieces: known.pieces, endsAt: known.ends_at }
}

function checkEnd(endsAt: Date): void {
  const inMs = endsAt.getTime() - Date.now()
  if (inMs > 0 && inMs <= LONGEST_MS) return
  throw new ShopError('BAD_REQUEST', `a sale ends in the future, and within ${LONGEST_MS / 3_600_000} hours`)
}
