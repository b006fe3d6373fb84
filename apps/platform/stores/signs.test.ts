/** What asks many buckets in vain costs a statement a server, and finds what there is wherever it has gone. */
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BucketServers, startBucketServers } from '../../fixtures/bucket-servers.ts'
import type { Databases } from '../mysql/database.ts'
import type { Sign, Store } from '../mysql/store.ts'
import { bucketedStore } from './bucketed-store.ts'
import { makeBuckets } from './make-buckets.ts'

type Tables = { notes: { id: string; text: string } }

const NOTES = 'CREATE TABLE IF NOT EXISTS notes (id VARCHAR(40) NOT NULL PRIMARY KEY, text VARCHAR(40) NOT NULL)'
const WANTED: readonly Sign[] = [
  { table: 'notes', condition: "text = 'wanted'" },
  { table: 'notes', condition: "text = 'owed'" },
]

let servers: BucketServers
let store: Store<Tables>

beforeAll(async () => {
  servers = await startBucketServers(2)
  await makeBuckets(servers.addresses, [NOTES])
  store = await bucketedStore('people', servers.addresses)
})
afterAll(async () => {
  await store?.close()
  await servers?.stop()
})

const add = (owner: string, text: string) => store.of(owner).writes.insertInto('notes').values({ id: text, text }).execute()
const lab = async (server: string, statement: string) => void (await servers.lab.get(server)?.query(statement))

/** The buckets that were asked. */
async function asked(having: readonly Sign[] = WANTED) {
  const place = async ({ reads }: Databases<Tables>) =>
    (await sql<{ name: string }>`SELECT DATABASE() AS name`.execute(reads)).rows
  const { values, missing } = await store.each(place, { withinMs: 10_000, having })
  return { places: values.map(([row]) => row?.name).sort(), missing: missing.map(({ name }) => name) }
}

test('only places are asked that have what is looked for', async () => {
  expect(await asked()).toEqual({ places: [], missing: [] })
  await add('01', 'wanted')
  await add('02', 'not looked for')
  await add('62', 'owed')
  expect(await asked()).toEqual({ places: ['bucket_01', 'bucket_62'], missing: [] })
})

test('a bucket that has gone, with what it has left behind, is asked where it is', async () => {
  await add('03', 'wanted')
  await lab('shard-2', `CREATE DATABASE IF NOT EXISTS bucket_03; USE bucket_03; ${NOTES}; USE shop`)
  await lab('shard-2', "INSERT INTO bucket_03.notes VALUES ('there', 'owed')")
  await lab('shard-1', "UPDATE shop.buckets SET state = 'moved', server = 'shard-2', epoch = 2 WHERE bucket = '03'")
  await lab('shard-2', "UPDATE shop.buckets SET state = 'owner', server = 'shard-2', epoch = 2 WHERE bucket = '03'")
  await lab('shard-1', 'DELETE FROM bucket_03.notes')
  // Whoever has not heard of it asks all that the server is said to have, and so hears of it.
  expect((await asked()).places).toEqual(expect.arrayContaining(['bucket_01', 'bucket_03', 'bucket_62']))
  await expect.poll(() => asked()).toEqual({ places: ['bucket_01', 'bucket_03', 'bucket_62'], missing: [] })
})

test('so it is where not even its schema is left', async () => {
  await lab('shard-2', `CREATE DATABASE IF NOT EXISTS bucket_04; USE bucket_04; ${NOTES}; USE shop`)
  await lab('shard-2', "INSERT INTO bucket_04.notes VALUES ('there', 'owed')")
  await lab('shard-1', "UPDATE shop.buckets SET state = 'elsewhere', server = 'shard-2', epoch = 2 WHERE bucket = '04'")
  await lab('shard-2', "UPDATE shop.buckets SET state = 'owner', server = 'shard-2', epoch = 2 WHERE bucket = '04'")
  await lab('shard-1', 'DROP DATABASE bucket_04')
  await expect.poll(async () => (await asked()).places).toEqual(['bucket_01', 'bucket_03', 'bucket_04', 'bucket_62'])
})

test('who does not answer is missing', async () => {
  await servers.end('shard-2')
  expect(await asked()).toEqual({ places: ['bucket_01'], missing: ['shard-2'] })
})
