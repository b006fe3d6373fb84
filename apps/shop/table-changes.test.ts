import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { type OwnDatabase, shopDatabase } from '../fixtures/shop-database.ts'
import type { Database } from '../platform/mysql/database.ts'
import { changeTables } from './table-changes.ts'

const ADDED = 'ALTER TABLE products ADD COLUMN restocked_at DATETIME(3) NULL'
const DROPPED = 'ALTER TABLE products DROP COLUMN restocked_at'
const INDEXED = 'ALTER TABLE products ADD KEY by_name (name)'

let shop: OwnDatabase
let db: Database
beforeEach(async () => {
  shop = await shopDatabase(inject('databaseUrl'), [{ id: 'prd_a', stock: 1 }])
  db = shop.writes as unknown as Database
  onTestFinished(() => shop.close())
})

const columns = async () => {
  const { rows } = await sql<{ Field: string }>`SHOW COLUMNS FROM products`.execute(db)
  return rows.map(({ Field }) => Field)
}

const states = async () => {
  const { rows } = await sql<{ State: string | null }>`SHOW PROCESSLIST`.execute(db)
  return rows.map(({ State }) => State)
}

test('a change is made once, however often a build is started', async () => {
  for (let time = 0; time < 2; time += 1) await changeTables(db, [ADDED, INDEXED])
  expect(await columns()).toContain('restocked_at')
  for (let time = 0; time < 2; time += 1) await changeTables(db, [DROPPED])
  expect(await columns()).not.toContain('restocked_at')
})

test('what is wrong is told', async () => {
  await expect(changeTables(db, ['ALTER TABLE nonesuch ADD COLUMN a INT NULL'])).rejects.toMatchObject({ errno: 1146 })
  await expect(changeTables(db, ['ALTER TABLE products ADD COLUMN'])).rejects.toMatchObject({ errno: 1064 })
})

test('a change that takes longer than a query may is waited for', { timeout: 120_000 }, async () => {
  const slow = `DO GET_LOCK('${randomUUID()}', 60)`
  const asking = async () => {
    const { rows } = await sql<{ Id: number; Info: string | null }>`SHOW PROCESSLIST`.execute(db)
    return rows.flatMap(({ Id, Info }) => (Info === slow ? [Id] : []))
  }
  await db.connection().execute(async (holder) => {
    await sql.raw(slow).execute(holder)
    const changing = changeTables(db, [slow, ADDED])
    const seen = new Set<number>()
    const askedAgain = async () => {
      for (const id of await asking()) seen.add(id)
      return seen.size
    }
    await expect.poll(askedAgain, { timeout: 60_000, interval: 50 }).toBeGreaterThan(1)
    await sql`DO RELEASE_ALL_LOCKS()`.execute(holder)
    await changing
  })
  expect(await columns()).toContain('restocked_at')
})

test('who uses the table is waited for, and nobody has to wait behind us until then', { timeout: 120_000 }, async () => {
  const { promise: used, resolve: end } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const using = shop.writes.transaction().execute(async (trx) => {
    await trx.selectFrom('products').select('id').execute()
    begin()
    await used
  })
  await begun
  let isChanged = false
  const changing = changeTables(db, [ADDED]).then(() => {
    isChanged = true
  })
  await expect.poll(states).toContain('Waiting for table metadata lock')
  // More than once a turn for those behind us comes while the first still uses it.
  for (let turn = 0; turn < 3; turn += 1)
    await shop.writes.updateTable('products').set({ stock: turn }).where('id', '=', 'prd_a').execute()
  expect(isChanged).toBe(false)
  end()
  await Promise.all([using, changing])
  expect(await columns()).toContain('restocked_at')
})
