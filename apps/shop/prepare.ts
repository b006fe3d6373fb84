/** Makes a database ready for the shop: tables, then the demo data, once. Prints `{products, users, checksum}`. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parseDatabaseUrl } from '../platform/mysql/address.ts'
import { connectDatabase, type Database } from '../platform/mysql/database.ts'
import { required } from '../platform/process/environment.ts'
import { seedProducts } from '../products/seed.ts'
import { seedUsers } from '../users/seed.ts'
import { insertSeed, runStatement, selectSeed } from './queries.ts'
import type { Tables } from './tables.ts'

type Seed = { products: number; users: number; checksum: string }

const SCHEMAS = ['shop', 'users', 'products', 'orders', 'payments']

if (import.meta.main) {
  try {
    const database = connectDatabase<Tables>(parseDatabaseUrl('OUTGROW_WRITES', required(process.env, 'OUTGROW_WRITES')))
    console.log(JSON.stringify(await prepareDatabase(database)))
    await database.destroy()
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}

export async function prepareDatabase(db: Database<Tables>): Promise<Seed> {
  await createTables(db)
  return (await selectSeed(db)) ?? (await db.transaction().execute(seed))
}

export async function createTables(db: Database): Promise<void> {
  for (const module of SCHEMAS) await createTablesOf(db, module)
}

async function createTablesOf(db: Database, module: string): Promise<void> {
  const text = await readFile(new URL(`../${module}/schema.sql`, import.meta.url), 'utf8')
  for (const statement of text.split(/;\s*$/m)) if (statement.trim()) await runStatement(db, statement)
}

/** In one transaction, so that a start that is cut off leaves nothing half done. */
async function seed(db: Database<Tables>): Promise<Seed> {
  const products = await seedProducts(db)
  const users = await seedUsers(db)
  const checksum = createHash('sha256')
    .update(JSON.stringify([products, users]))
    .digest('hex')
  const found = { products: products.length, users: users.length, checksum }
  await insertSeed(db, { ...found, seeded_at: new Date() })
  return found
}
