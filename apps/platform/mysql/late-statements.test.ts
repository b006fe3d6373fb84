/** A process is stopped between two steps of a request, and goes on when its time is over: the clock jumps. */
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { type ShopDatabase, shopDatabase } from '../../fixtures/shop-database.ts'
import { beforeDeadline, withoutDeadline } from '../http/deadline.ts'
import { inTransaction } from './transactions.ts'

const TOO_LATE = expect.objectContaining({ code: 'TOO_LATE' })
const LEFT_MS = 60_000

let databases: ShopDatabase
let stoppedMs: number

beforeEach(async () => {
  databases = await shopDatabase(inject('databaseUrl'), [{ id: 'prd_a', stock: 0 }])
  const now = performance.now.bind(performance)
  stoppedMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now() + stoppedMs)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await databases.close()
})

function stopped(): void {
  stoppedMs += LEFT_MS
}
const inTime = <Value>(work: () => Promise<Value>) => beforeDeadline(performance.now() + LEFT_MS, work)
const setStock = (db: Pick<ShopDatabase['writes'], 'updateTable'>, stock: number) =>
  db.updateTable('products').set({ stock }).execute()
const stock = async () => (await databases.writes.selectFrom('products').select('stock').executeTakeFirstOrThrow()).stock

test('a statement whose time is over is not sent', async () => {
  const late = inTime(async () => {
    await setStock(databases.writes, 1)
    stopped()
    await setStock(databases.writes, 2)
  })
  await expect(late).rejects.toEqual(TOO_LATE)
  expect(await stock()).toBe(1)
})

test('a transaction is not begun late, and one that was begun is rolled back', async () => {
  const begun = inTime(() =>
    inTransaction(databases.writes, async (trx) => {
      await setStock(trx, 1)
      stopped()
      await setStock(trx, 2)
    }),
  )
  await expect(begun).rejects.toEqual(TOO_LATE)
  const late = inTime(async () => {
    stopped()
    await inTransaction(databases.writes, (trx) => setStock(trx, 3))
  })
  await expect(late).rejects.toEqual(TOO_LATE)
  // Nothing is locked, and no connection is left in a transaction.
  await Promise.all(Array.from({ length: 10 }, () => setStock(databases.writes, 4)))
  expect(await stock()).toBe(4)
})

test('a transaction that lacks nothing but its end is committed: what it holds nobody has changed meanwhile', async () => {
  await inTime(() =>
    inTransaction(databases.writes, async (trx) => {
      await setStock(trx, 1)
      stopped()
    }),
  )
  expect(await stock()).toBe(1)
})

test('what a request only sets off goes on', async () => {
  await inTime(() =>
    withoutDeadline(async () => {
      stopped()
      await setStock(databases.writes, 1)
    }),
  )
  expect(await stock()).toBe(1)
})
