import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { type ShopDatabase, shopDatabase } from '../../fixtures/shop-database.ts'
import { codeOf, inTransaction } from './transactions.ts'

let databases: ShopDatabase

beforeEach(async () => {
  const products = ['prd_a', 'prd_b'].map((id) => ({ id, stock: 0 }))
  databases = await shopDatabase(inject('databaseUrl'), products)
})
afterEach(() => databases.close())

const stocks = async () => (await databases.writes.selectFrom('products').select('stock').execute()).map(({ stock }) => stock)

test('of two transactions that deadlock, the loser runs again and both take effect', async () => {
  const met = Promise.withResolvers<void>()
  let arrived = 0
  let attempts = 0
  const addOne = (ids: readonly string[]) =>
    inTransaction(databases.writes, async (trx) => {
      attempts += 1
      for (const id of ids) {
        await trx
          .updateTable('products')
          .set((product) => ({ stock: product('stock', '+', 1) }))
          .where('id', '=', id)
          .execute()
        arrived += 1
        if (arrived === 2) met.resolve()
        await met.promise
      }
    })
  await Promise.all([addOne(['prd_a', 'prd_b']), addOne(['prd_b', 'prd_a'])])
  expect([attempts, await stocks()]).toEqual([3, [2, 2]])
})

test('what never gets through is given up, with nothing left of it', async () => {
  let attempts = 0
  const work = inTransaction(databases.writes, async (trx) => {
    attempts += 1
    await trx.updateTable('products').set({ stock: 9 }).execute()
    throw Object.assign(new Error('lost again'), { code: 'ER_LOCK_DEADLOCK' })
  })
  await expect(work).rejects.toThrow('lost again')
  expect([attempts, await stocks()]).toEqual([4, [0, 0]])
})

test('an error that another run would meet again is thrown at once', async () => {
  let attempts = 0
  const work = inTransaction(databases.writes, async (trx) => {
    attempts += 1
    const row = { id: 'prd_a', category_id: 'c', name: 'n', description: 'd', price_cents: 1, stock: 1, popularity: 1 }
    await trx.insertInto('products').values(row).execute()
  })
  expect(await work.catch(codeOf)).toBe('ER_DUP_ENTRY')
  expect(attempts).toBe(1)
})
