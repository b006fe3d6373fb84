import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createDatabase } from '../../infra/mysql/test-server.ts'
import type { StoresDocument } from '../../infra/stage/app-document.ts'
import { type BucketServers, startBucketServers } from '../fixtures/bucket-servers.ts'
import { demoDatabase } from '../fixtures/shop-database.ts'
import { parseDatabaseUrl } from '../platform/mysql/address.ts'
import { bucketNames, bucketOfEmail } from '../platform/process/buckets.ts'
import { prepareStores } from './prepare.ts'
import { selectSeed } from './queries.ts'
import type { Seed } from './seed.ts'

let servers: BucketServers
let catalogue: string
let document: StoresDocument
let seed: Seed

beforeAll(async () => {
  servers = await startBucketServers(2)
  catalogue = await createDatabase(inject('databaseUrl'))
  document = {
    stores: {
      people: { servers: [...servers.addresses], buckets: 64 },
      catalogue: { servers: [parseDatabaseUrl('test', catalogue)] },
    },
    data: { users: 'people', products: 'catalogue', orders: 'people', payments: 'people' },
  }
  seed = await prepareStores(document)
})
afterAll(() => servers?.stop())

async function rowsOf(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const connection = await createConnection(url)
  try {
    return (await connection.query(statement))[0] as Record<string, unknown>[]
  } finally {
    await connection.end()
  }
}
const onShard = async (name: string, statement: string) =>
  ((await servers.lab.get(name)?.query(statement)) ?? [])[0] as unknown as Record<string, unknown>[]

test('each module has its tables where its rows are, and nowhere else', async () => {
  const tablesIn = 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema ='
  const names = (rows: Record<string, unknown>[]) => rows.map(({ name }) => name)
  const bucket = names(await onShard('shard-1', `${tablesIn} 'bucket_00'`))
  expect(bucket).toEqual(expect.arrayContaining(['users', 'orders', 'payments', 'recent_views', 'revoked_sessions']))
  expect(bucket).not.toContain('products')
  const shelf = names(await rowsOf(catalogue, `${tablesIn} DATABASE()`))
  expect(shelf).toEqual(expect.arrayContaining(['products', 'categories', 'flash_sales']))
  expect(shelf).not.toContain('users')
  expect(await onShard('shard-2', `${tablesIn} 'bucket_00'`)).toEqual([])
})

test('the demo data are the same as in one database, and each customer is in the own bucket', async () => {
  const one = await demoDatabase(inject('databaseUrl'))
  expect(seed).toEqual(await selectSeed(one.writes))
  await one.close()
  for (const bucket of bucketNames()) {
    const server = Number(bucket) < 32 ? 'shard-1' : 'shard-2'
    const users = await onShard(server, `SELECT email FROM bucket_${bucket}.users`)
    expect(users.filter(({ email }) => bucketOfEmail(String(email)) !== bucket)).toEqual([])
  }
})

test('a second start finds all that is there and changes nothing', async () => {
  const count = 'SELECT COUNT(*) AS users FROM bucket_63.users'
  const before = await onShard('shard-2', count)
  expect(await prepareStores(document)).toEqual(seed)
  expect(await onShard('shard-2', count)).toEqual(before)
})

test('a start that was cut off goes on where it was', async () => {
  // The products come last: without them and with one bucket that has no users yet, that is where it was.
  for (const table of ['products', 'categories', 'seeds']) await rowsOf(catalogue, `DELETE FROM ${table}`)
  for (const table of ['users', 'seeds']) await onShard('shard-1', `DELETE FROM bucket_05.${table}`)
  expect(await prepareStores(document)).toEqual(seed)
})
