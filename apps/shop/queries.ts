import { sql } from 'kysely'
import type { Database } from '../platform/mysql/database.ts'

export type ShopTables = {
  seeds: { id: number; products: number; users: number; checksum: string; seeded_at: Date }
}

/** Runs one statement of a schema.sql. */
export async function runStatement(db: Database, statement: string): Promise<void> {
  await sql.raw(statement).execute(db)
}

/** On one connection, and where others use the table waiting for them for so long: whoever comes after us waits behind us. */
export async function runChange(db: Database, statement: string, waitS: number): Promise<void> {
  await db.connection().execute(async (own) => {
    await sql.raw(`SET SESSION lock_wait_timeout = ${waitS}`).execute(own)
    try {
      await sql.raw(statement).execute(own)
    } finally {
      // What the statement failed with is what has to be known; a connection that cannot be set back is gone.
      await sql
        .raw('SET SESSION lock_wait_timeout = DEFAULT')
        .execute(own)
        .catch(() => {})
    }
  })
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
