import { sql } from 'kysely'
import type { Database } from '../../platform/mysql/database.ts'

export async function selectHasTable(db: Database, table: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ${table}`.execute(db)
  return rows.length > 0
}
