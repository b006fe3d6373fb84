/** A shard that comes to a store while it is used, and one that leaves it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BucketServers, startBucketServers } from '../../fixtures/bucket-servers.ts'
import { CONNECTIONS } from '../mysql/pool.ts'
import type { Store } from '../mysql/store.ts'
import { bucketedStore } from './bucketed-store.ts'
import { forgetOthers, makeBuckets } from './make-buckets.ts'

type Tables = { notes: { id: string; text: string } }

const NOTES = 'CREATE TABLE IF NOT EXISTS notes (id VARCHAR(40) NOT NULL PRIMARY KEY, text VARCHAR(40) NOT NULL)'
const BUCKET = '07'

let servers: BucketServers
let store: Store<Tables>
const two = () => servers.addresses.slice(0, 2)

beforeAll(async () => {
  servers = await startBucketServers(3)
  await makeBuckets(two(), [NOTES])
  store = await bucketedStore('people', two())
})
afterAll(async () => {
  await store?.close()
  await servers?.stop()
})

const texts = async (of: Store<Tables>) =>
  (await of.of(BUCKET).reads.selectFrom('notes').select('text').execute()).map(({ text }) => text)
/** Who sends something over a connection before it has read that this has ended is not refused, but cut off: once for each of them. */
async function textsPastLost(of: Store<Tables>): Promise<string[]> {
  for (let lost = 0; ; lost += 1) {
    try {
      return await texts(of)
    } catch (error) {
      if (lost > CONNECTIONS || !/ECONNRESET|EPIPE|closed the connection|closed state/.test(String(error))) throw error
    }
  }
}
const namesOf = async (of: Store<Tables>) => ((await of.spread?.servers()) ?? []).map(({ name }) => name)
const lab = (server: string, statement: string) => servers.lab.get(server)?.query(statement)

/** As a move does it: all of them know at the end who has the bucket. */
async function giveOver(to: string, text: string, epoch: number): Promise<void> {
  await lab(
    to,
    `CREATE DATABASE IF NOT EXISTS bucket_${BUCKET}; USE bucket_${BUCKET}; ${NOTES}; REPLACE INTO notes VALUES ('n', '${text}')`,
  )
  for (const name of servers.lab.keys()) {
    const state = name === to ? 'owner' : 'elsewhere'
    const row = `state = '${state}', server = '${to}', epoch = ${epoch}`
    await lab(name, `UPDATE shop.buckets SET ${row} WHERE bucket = '${BUCKET}'`)
  }
}

test('a store that was opened before follows a bucket to a shard that came later', async () => {
  await makeBuckets(servers.addresses, [])
  await giveOver('shard-3', 'on the third', 2)
  expect(await texts(store)).toEqual(['on the third'])
  expect(await namesOf(store)).toEqual(['shard-1', 'shard-2', 'shard-3'])
})

test('one that is opened with the servers of the first start finds it too', async () => {
  const another = await bucketedStore<Tables>('people', two())
  expect(await texts(another)).toEqual(['on the third'])
  await another.close()
})

test('a shard that is spoken of is not forgotten', async () => {
  const complaint = `bucket "${BUCKET}" is on "shard-3", which is no server of this store`
  await expect(forgetOthers(two())).rejects.toThrow(complaint)
  expect(await namesOf(store)).toEqual(['shard-1', 'shard-2', 'shard-3'])
})

test('nobody who has not heard that a bucket left a shard is refused when that ends', async () => {
  expect(await texts(store)).toEqual(['on the third'])
  await giveOver('shard-1', 'on the first again', 3)
  await forgetOthers(two())
  await servers.end('shard-3')
  expect(await textsPastLost(store)).toEqual(['on the first again'])
  await expect.poll(() => namesOf(store)).toEqual(['shard-1', 'shard-2'])
})
