import type { Transaction } from 'kysely'
import type { Database } from '../../platform/mysql/database.ts'

export type FlashSalesTables = {
  flash_sales: { product_id: string; ends_at: Date }
  flash_sale_keys: {
    user_id: string
    idempotency_key: string
    request_hash: Buffer
    product_id: string
    pieces: number
    ends_at: Date
  }
}

export type FlashSaleRow = FlashSalesTables['flash_sales']

/** Throws ER_DUP_ENTRY where the user's key is known. */
export async function insertFlashSaleKey(
  trx: Transaction<FlashSalesTables>,
  key: FlashSalesTables['flash_sale_keys'],
): Promise<void> {
  await trx.insertInto('flash_sale_keys').values(key).execute()
}

export async function selectFlashSaleKey(db: Database<FlashSalesTables>, userId: string, key: string) {
  return db
    .selectFrom('flash_sale_keys')
    .selectAll()
    .where('user_id', '=', userId)
    .where('idempotency_key', '=', key)
    .executeTakeFirst()
}

export async function upsertFlashSale(trx: Transaction<FlashSalesTables>, sale: FlashSaleRow): Promise<void> {
  await trx.insertInto('flash_sales').values(sale).onDuplicateKeyUpdate({ ends_at: sale.ends_at }).execute()
}

const MOST_OPEN_SALES = 100

export async function selectOpenFlashSales(db: Database<FlashSalesTables>, now: Date): Promise<FlashSaleRow[]> {
  return db.selectFrom('flash_sales').selectAll().where('ends_at', '>', now).orderBy('ends_at').limit(MOST_OPEN_SALES).execute()
}
