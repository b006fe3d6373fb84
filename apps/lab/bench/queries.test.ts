import { Kysely, MysqlDialect } from 'kysely'
import { beforeAll, expect, inject, test } from 'vitest'
import { createDatabase } from '../../../infra/mysql/test-server.ts'
import { ordersOn } from '../../fixtures/orders.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { type Databases, oneDatabase } from '../../platform/mysql/database.ts'
import { connectionPool } from '../../platform/mysql/pool.ts'
import { undividedStore } from '../../platform/mysql/store.ts'
import { makeProducts } from '../../products/products.ts'
import { prepareDatabase } from '../../shop/prepare.ts'
import type { Tables } from '../../shop/tables.ts'
import { databaseSessions } from '../../users/database-sessions.ts'
import { hashToken } from '../../users/sessions.ts'
import * as bare from './queries.ts'

const sent: string[] = []
let databases: Databases

beforeAll(async () => {
  const pool = connectionPool(parseDatabaseUrl('test', await createDatabase(inject('databaseUrl'))), {
    waited() {},
    queried() {},
  })
  const database = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }), log: ({ query }) => void sent.push(query.sql) })
  await prepareDatabase(database)
  databases = oneDatabase(database)
  return databases.close
})

async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  sent.length = 0
  await work()
  return [...sent]
}

test('the bare handlers send what the shop sends: a product page', async () => {
  const statements = await statementsOf(() => makeProducts(databases).page('prd_00042'))
  expect(statements).toEqual([bare.SELECT_PRODUCT, bare.SELECT_RELATED])
})

test('the bare handlers send what the shop sends: a session check', async () => {
  expect(await statementsOf(() => databaseSessions(undividedStore('db', databases)).find(hashToken('00nobody')))).toEqual([
    bare.SELECT_SESSION,
  ])
})

test('the bare handlers send what the shop sends: an order', async () => {
  const orders = ordersOn(undividedStore('db', databases))
  const request = { userId: 'usr_shopper_0001_00', key: 'one', requestHash: Buffer.alloc(32) }
  const statements = await statementsOf(() => orders.place(request, { items: [{ productId: 'prd_00042', quantity: 1 }] }))
  const transaction = [
    bare.BEGIN,
    bare.INSERT_KEY,
    bare.LOCK_PRODUCTS,
    bare.TAKE_STOCK,
    bare.INSERT_ORDER,
    bare.INSERT_LINE,
    bare.COMMIT,
  ]
  expect(statements).toEqual(transaction)
})
