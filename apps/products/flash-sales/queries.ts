import type { Database } from '../../platform/mysql/database.ts'

export type FlashSalesTables = { flash_sales: { product_id: string; ends_at: Date } }

export type FlashSaleRow = FlashSalesTables['flash_sales']

export async function upsertFlashSale(db: Database<FlashSalesTables>, sale: FlashSaleRow): Promise<void> {
  await db.insertInto('flash_sales').values(sale).onDuplicateKeyUpdate({ ends_at: sale.ends_at }).execute()
}

const MOST_OPEN_SALES = 100

export async function selectOpenFlashSales(db: Database<FlashSalesTables>, now: Date): Promise<FlashSaleRow[]> {
  return db.selectFrom('flash_sales').selectAll().where('ends_at', '>', now).orderBy('ends_at').limit(MOST_OPEN_SALES).execute()
}
