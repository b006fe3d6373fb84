import { sql } from 'kysely'
import type { Database } from '../platform/mysql/database.ts'

export type ShopTables = {
  seeds: { id: number; products: number; users: number; checksum: string; seeded_at: Date }
}

/** Runs one statement of a schema.sql. */
export async function runStatement(db: Database, statement: string): Promise<void> {
  await sql.raw(statement).execute(db)
}

export async function selectSeed(db: Database<ShopTables>) {
  return db.selectFrom('seeds').select(['products', 'users', 'checksum']).where('id', '=', 1).executeTakeFirst()
}

export async function insertSeed(db: Database<ShopTables>, seed: Omit<ShopTables['seeds'], 'id'>): Promise<void> {
  await db
    .insertInto('seeds')
    .values({ id: 1, ...seed })
    .execute()
}
