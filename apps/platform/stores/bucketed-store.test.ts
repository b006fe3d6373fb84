import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BUCKETS } from '../../../infra/stage/topology.ts'
import { type BucketServers, startBucketServers } from '../../fixtures/bucket-servers.ts'
import type { Store } from '../mysql/store.ts'
import { inTransaction } from '../mysql/transactions.ts'
import { bucketNames } from '../process/buckets.ts'
import { bucketedStore } from './bucketed-store.ts'
import { makeBuckets } from './make-buckets.ts'

type Tables = { notes: { id: string; text: string } }

const NOTES = 'CREATE TABLE IF NOT EXISTS notes (id VARCHAR(40) NOT NULL PRIMARY KEY, text VARCHAR(40) NOT NULL)'
const FIRST = '07'
const LAST = '60'

let servers: BucketServers
let store: Store<Tables>

beforeAll(async () => {
  servers = await startBucketServers(3)
  await makeBuckets(servers.addresses, [NOTES])
  store = await bucketedStore('people', servers.addresses)
})
afterAll(async () => {
  await store?.close()
  await servers?.stop()
})

const add = (owner: string, text: string, of: Store<Tables> = store) =>
  of.of(owner).writes.insertInto('notes').values({ id: text, text }).execute()
const texts = async (owner: string, of: Store<Tables> = store) =>
  (await of.of(owner).reads.selectFrom('notes').select('text').orderBy('id').execute()).map(({ text }) => text)
const lab = (server: string, statement: string) => servers.lab.get(server)?.query(statement)
const portAt = async (owner: string) => {
  const { rows } = await sql<{ port: number }>`select @@port as port`.execute(store.of(owner).reads)
  return servers.addresses.find(({ port }) => port === Number(rows[0]?.port))?.name
}
/** As a move does it, without its copy: one row on each side. */
async function giveOver(bucket: string, from: string, to: string, epoch: number): Promise<void> {
  await lab(from, `UPDATE shop.buckets SET state = 'moved', server = '${to}', epoch = ${epoch} WHERE bucket = '${bucket}'`)
  await lab(to, `UPDATE shop.buckets SET state = 'owner', server = '${to}', epoch = ${epoch} WHERE bucket = '${bucket}'`)
}

test('neighbouring buckets are on one server, and each knows where all are', async () => {
  const placed = await Promise.all(bucketNames().map(portAt))
  expect([placed[0], placed[21], placed[22], placed[42], placed[43], placed[63]]).toEqual([
    'shard-1',
    'shard-1',
    'shard-2',
    'shard-2',
    'shard-3',
    'shard-3',
  ])
  for (const [name, connection] of servers.lab) {
    const [rows] = await connection.query('SELECT bucket, state, server, epoch FROM shop.buckets ORDER BY bucket')
    const expected = placed.map((server, index) => {
      const bucket = String(index).padStart(2, '0')
      return { bucket, state: server === name ? 'owner' : 'elsewhere', server, epoch: 1 }
    })
    expect(rows).toEqual(expected)
  }
})

test('an owner is known by an id, an e-mail address or the bucket, and always found in one place', async () => {
  expect(store.of('usr_01abc07')).toBe(store.of('07'))
  expect(store.of('Ada@Example.com')).toBe(store.of('ada@example.com'))
  for (const nobody of ['usr_01abc64', 'usr_01abc99', '64', 'x', ''])
    expect(() => store.of(nobody)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
})

test('what is written is read again, and only there', async () => {
  await add(FIRST, 'own')
  expect(await texts(FIRST)).toEqual(['own'])
  expect(await texts('08')).toEqual([])
  expect(await portAt(FIRST)).toBe('shard-1')
})

test('a statement that fails leaves nothing open, and its error is its own', async () => {
  await add(LAST, 'twice')
  await expect(add(LAST, 'twice')).rejects.toMatchObject({ code: 'ER_DUP_ENTRY' })
  // Whoever left a transaction open would hold the bucket.
  await lab('shard-3', `SELECT state FROM shop.buckets WHERE bucket = '${LAST}' FOR UPDATE NOWAIT`)
  expect(await texts(LAST)).toEqual(['twice'])
})

test('a transaction is carried out as a whole, or not at all', async () => {
  const { writes } = store.of('20')
  const both = inTransaction(writes, async (trx) => {
    await trx.insertInto('notes').values({ id: 'one', text: 'one' }).execute()
    await trx.insertInto('notes').values({ id: 'one', text: 'again' }).execute()
  })
  await expect(both).rejects.toMatchObject({ code: 'ER_DUP_ENTRY' })
  expect(await texts('20')).toEqual([])
  await inTransaction(writes, (trx) => trx.insertInto('notes').values({ id: 'one', text: 'one' }).execute())
  expect(await texts('20')).toEqual(['one'])
})

test('each asks all places, and says who does not answer', async () => {
  const { values, missing } = await store.each(
    async ({ reads }) => (await reads.selectFrom('notes').selectAll().execute()).length,
    {
      withinMs: 10_000,
    },
  )
  expect([values.length, missing]).toEqual([BUCKETS, []])
  expect(() => store.whole()).toThrow('people is many buckets')
})

test('a server refuses what it does not own, and the store goes where it has gone', async () => {
  await lab('shard-2', `CREATE DATABASE IF NOT EXISTS bucket_01; USE bucket_01; ${NOTES}; USE shop`)
  expect(await texts('01')).toEqual([])
  await giveOver('01', 'shard-1', 'shard-2', 2)
  await add('01', 'after the move')
  expect([await portAt('01'), await texts('01')]).toEqual(['shard-2', ['after the move']])
  const [left] = (await lab('shard-1', 'SELECT * FROM bucket_01.notes')) ?? []
  expect(left).toEqual([])
})

test('a transaction and a read go where it has gone, too', async () => {
  await lab('shard-3', `CREATE DATABASE IF NOT EXISTS bucket_02; USE bucket_02; ${NOTES}; USE shop`)
  const other = await bucketedStore<Tables>('people', servers.addresses)
  await giveOver('02', 'shard-1', 'shard-3', 2)
  await inTransaction(store.of('02').writes, (trx) => trx.insertInto('notes').values({ id: 'a', text: 'a' }).execute())
  expect(await texts('02', other)).toEqual(['a'])
  await other.close()
})

test('a bucket whose old schema is gone is found at its new place', async () => {
  await lab('shard-2', `CREATE DATABASE IF NOT EXISTS bucket_03; USE bucket_03; ${NOTES}; USE shop`)
  expect(await texts('03')).toEqual([])
  await giveOver('03', 'shard-1', 'shard-2', 2)
  await lab('shard-1', 'DROP DATABASE bucket_03')
  expect(await texts('03')).toEqual([])
  await add('03', 'there')
  expect(await texts('03')).toEqual(['there'])
})

test('a question to all finds a bucket that has moved, at its new place', async () => {
  await lab('shard-2', `CREATE DATABASE IF NOT EXISTS bucket_11; USE bucket_11; ${NOTES}; USE shop`)
  const other = await bucketedStore<Tables>('people', servers.addresses)
  await giveOver('11', 'shard-1', 'shard-2', 2)
  await add('11', 'moved')
  const all = await other.each(({ reads }) => reads.selectFrom('notes').select('text').execute(), { withinMs: 10_000 })
  expect(all.missing).toEqual([])
  expect(all.values.flat().filter(({ text }) => text === 'moved')).toHaveLength(1)
  await other.close()
})

test('where a bucket was given to a server that has not heard of it, whoever comes says so to it', async () => {
  await add('12', 'left behind')
  await lab('shard-2', `CREATE DATABASE IF NOT EXISTS bucket_12; USE bucket_12; ${NOTES}; USE shop`)
  await lab('shard-1', "UPDATE shop.buckets SET state = 'moved', server = 'shard-2', epoch = 2 WHERE bucket = '12'")
  await lab('shard-2', "UPDATE shop.buckets SET state = 'ready', server = 'shard-2', epoch = 2 WHERE bucket = '12'")
  expect(await texts('12')).toEqual([])
  // A read is told no by a server that owns nothing yet, whatever it has.
  const [opened] = (await lab('shard-2', "SELECT state FROM shop.buckets WHERE bucket = '12'")) ?? []
  expect(opened).toEqual([{ state: 'owner' }])
  await add('12', 'late')
  expect([await portAt('12'), await texts('12')]).toEqual(['shard-2', ['late']])
})

test('a bucket that is still coming is nobody’s to open', async () => {
  await lab('shard-2', "UPDATE shop.buckets SET state = 'ready', server = 'shard-2', epoch = 2 WHERE bucket = '13'")
  await lab('shard-1', "UPDATE shop.buckets SET state = 'fenced', lease_until = SYSDATE(3) + INTERVAL 1 HOUR WHERE bucket = '13'")
  let written = false
  const writing = add('13', 'waited').then(() => {
    written = true
  })
  // More round trips than it takes to look for what is left.
  for (let turn = 0; turn < 20; turn++) await add('14', `meanwhile ${turn}`)
  expect([written, await portAt('13')]).toEqual([false, 'shard-1'])
  await lab('shard-1', "UPDATE shop.buckets SET lease_until = SYSDATE(3) - INTERVAL 1 SECOND WHERE bucket = '13'")
  await writing
  const [left] = (await lab('shard-1', "SELECT state, token, lease_until FROM shop.buckets WHERE bucket = '13'")) ?? []
  expect(left).toEqual([{ state: 'owner', token: null, lease_until: null }])
})

test('writes wait at a fence, reads do not, and none fails', async () => {
  await lab('shard-1', "UPDATE shop.buckets SET state = 'fenced' WHERE bucket = '04'")
  let written = false
  const writing = add('04', 'waited').then(() => {
    written = true
  })
  expect(await texts('04')).toEqual([])
  expect(written).toBe(false)
  await lab('shard-1', "UPDATE shop.buckets SET state = 'owner' WHERE bucket = '04'")
  await writing
  expect(await texts('04')).toEqual(['waited'])
})

test('a fence waits for the transactions under way, and they are not disturbed', async () => {
  await inTransaction(store.of('05').writes, async (trx) => {
    await trx.insertInto('notes').values({ id: 'a', text: 'a' }).execute()
    const fencing = lab('shard-1', "SELECT state FROM shop.buckets WHERE bucket = '05' FOR UPDATE NOWAIT")
    await expect(fencing).rejects.toMatchObject({ errno: expect.toBeOneOf([1205, 3572]) })
    const elsewhere = lab('shard-1', "SELECT state FROM shop.buckets WHERE bucket = '06' FOR UPDATE NOWAIT")
    await expect(elsewhere).resolves.toBeDefined()
  })
  expect(await texts('05')).toEqual(['a'])
})

test('where nobody takes the writes for long, that customer is told, and no other', async () => {
  await lab('shard-1', "UPDATE shop.buckets SET state = 'fenced' WHERE bucket = '09'")
  const refused = expect(add('09', 'never')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await add('10', 'at once')
  await refused
  await lab('shard-1', "UPDATE shop.buckets SET state = 'owner' WHERE bucket = '09'")
  expect(await texts('09')).toEqual([])
})

test('an error of the statement’s own that looks like a refusal is none', async () => {
  const { writes } = store.of(LAST)
  const overflow = sql`insert into notes select ${9223372036854775807n} + 1, 'x'`.execute(writes)
  await expect(overflow).rejects.toMatchObject({ code: 'ER_DATA_OUT_OF_RANGE' })
})

test('what a second start finds it leaves as it is', async () => {
  await makeBuckets(servers.addresses, [NOTES])
  expect([await portAt('01'), await portAt('02')]).toEqual(['shard-2', 'shard-3'])
  await expect(makeBuckets(servers.addresses.slice(0, 2), [NOTES])).rejects.toThrow(
    /shard-\d: bucket "\d\d" is on "shard-3", which is no server of this store; start with all servers/,
  )
})

test('a server that is dead takes its own customers’ rows away, and nobody else’s', async () => {
  await servers.end('shard-3')
  await expect(add(LAST, 'lost')).rejects.toMatchObject({ name: 'DatabaseDown' })
  await add(FIRST, 'still')
  const { values, missing } = await store.each(async () => 1, { withinMs: 5_000 })
  expect([values.length, missing]).toEqual([BUCKETS, []])
  const asked = await store.each(({ reads }) => reads.selectFrom('notes').select('id').execute(), { withinMs: 5_000 })
  expect(asked.missing.map(({ name }) => name)).toEqual(['shard-3'])
  // An app that starts now knows from the others whose customers they are.
  const late = await bucketedStore<Tables>('people', servers.addresses)
  await expect(texts(LAST, late)).rejects.toMatchObject({ name: 'DatabaseDown' })
  expect(await texts(FIRST, late)).toContain('still')
  await late.close()
})
