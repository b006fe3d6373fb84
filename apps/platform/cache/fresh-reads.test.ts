import { expect, test } from 'vitest'
import { ShopError } from '../http/errors.ts'
import type { Database, Databases } from '../mysql/database.ts'
import { readFresh } from './fresh-reads.ts'

const [fresh, any] = ['a server that has all', 'any server'] as unknown as [Database, Database]
const databases = { reads: any, readsAfter: async () => fresh, position: async () => '7' } as unknown as Databases

function failingOn(db: Database, error: unknown) {
  return async (asked: Database) => {
    if (asked === db) throw error
    return asked
  }
}

test('reads from a server that has all', async () => {
  expect(await readFresh(databases, async (db) => db)).toEqual({ value: fresh, fresh: true })
})

test('reads from any server where nobody knows what all is', async () => {
  const leaderless = { ...databases, position: () => Promise.reject(new Error('no primary')) }
  expect(await readFresh(leaderless, async (db) => db)).toEqual({ value: any, fresh: false })
})

test.each([
  Object.assign(new Error('the server is gone'), { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }),
  Object.assign(new Error('the database was given up'), { code: 'POOL_DROPPED' }),
  new ShopError('UNAVAILABLE'),
])('reads from any server when the one that has all is lost: %o', async (error) => {
  expect(await readFresh(databases, failingOn(fresh, error))).toEqual({ value: any, fresh: false })
})

test.each([
  Object.assign(new Error('the query took too long'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT', fatal: true }),
  new ShopError('PRODUCT_NOT_FOUND'),
  new TypeError('a mistake'),
])('asks nobody else when that would not help: %o', async (error) => {
  await expect(readFresh(databases, failingOn(fresh, error))).rejects.toBe(error)
})
