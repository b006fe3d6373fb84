import { afterEach, expect, inject, test } from 'vitest'
import { type ShopDatabase, shopDatabase } from '../../fixtures/shop-database.ts'
import { databaseStock } from './database-stock.ts'
import { memoryStock } from './test-memory-stock.ts'
import { SHELF, type Shelf, stockSuite } from './test-stock-suite.ts'

const LONG_AGO = new Date(0)

let databases: ShopDatabase | undefined
let changed: string[]
afterEach(async () => {
  await databases?.close()
  databases = undefined
})

async function shelfInDatabase(): Promise<Shelf> {
  const products = Object.entries(SHELF).map(([id, [stock, priceCents]]) => ({ id, stock, priceCents }))
  databases = await shopDatabase(inject('databaseUrl'), products)
  changed = []
  const db = databases.writes
  const stockChanged = async (ids: readonly string[]) => void changed.push(...ids)
  return {
    stock: databaseStock(databases, { stockChanged }),
    stockOf: async (id) => (await db.selectFrom('products').select('stock').where('id', '=', id).executeTakeFirstOrThrow()).stock,
    reprice: async (id, price_cents) =>
      void (await db.updateTable('products').set({ price_cents }).where('id', '=', id).execute()),
    passTime: async () =>
      void (await db.updateTable('reservations').set({ expires_at: LONG_AGO }).where('state', '=', 'held').execute()),
    passHours: async () =>
      void (await db.updateTable('reservations').set({ expires_at: LONG_AGO }).where('expires_at', 'is not', null).execute()),
  }
}

async function shelfInMemory(): Promise<Shelf> {
  let now = 0
  const products = Object.entries(SHELF).map(([id, [stock, priceCents]]) => [id, { stock, priceCents }])
  const stock = memoryStock(Object.fromEntries(products), { now: () => now })
  return {
    stock,
    stockOf: async (id) => stock.shelf.get(id)?.stock ?? Number.NaN,
    reprice: async (id, priceCents) => void Object.assign(stock.shelf.get(id) ?? {}, { priceCents }),
    passTime: async () => {
      now += 60_000
    },
    passHours: async () => {
      now += 2 * 3_600_000
    },
  }
}

stockSuite('a shelf in a database', shelfInDatabase)
stockSuite('a shelf in memory', shelfInMemory)

test('whoever shows a stock hears of what came back, and of nothing else', async () => {
  const { stock } = await shelfInDatabase()
  await stock.take('ord_1', [{ productId: 'prd_a', quantity: 1 }])
  expect(changed).toEqual([])
  for (let turn = 0; turn < 2; turn += 1) await stock.giveBack('ord_1')
  await stock.giveBack('ord_none')
  expect(changed).toEqual(['prd_a'])
})
