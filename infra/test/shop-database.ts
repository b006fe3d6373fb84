import { parseDatabaseUrl } from '../../apps/shop/config.ts'
import { connectDatabase, type Database, type Databases, oneDatabase } from '../../apps/shop/database.ts'
import { createTables } from '../../apps/shop/prepare.ts'
import { createDatabase } from '../mysql/test-server.ts'

export type TestProduct = { readonly id: string; readonly stock: number; readonly priceCents?: number }

/** A database of the test's own on the run's server, with the shop's tables and these products alone. Close it afterwards. */
export async function shopDatabase(serverUrl: string, products: readonly TestProduct[] = []): Promise<Databases> {
  const db = connectDatabase(parseDatabaseUrl('test database', await createDatabase(serverUrl)))
  await fillShop(db, products)
  return oneDatabase(db)
}

/** The shop's tables, and these products alone. */
export async function fillShop(db: Database, products: readonly TestProduct[]): Promise<void> {
  await createTables(db)
  const rows = products.map(({ id, stock, priceCents = 100 }) => {
    return { id, category_id: 'cat_01', name: `Name of ${id}`, description: 'd', price_cents: priceCents, stock, popularity: 1 }
  })
  if (rows.length > 0) await db.insertInto('products').values(rows).execute()
}
