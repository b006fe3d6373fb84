/** One of several servers hangs: it keeps its connections and answers nobody. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type BucketServers, startBucketServers } from '../../fixtures/bucket-servers.ts'
import { type DatabaseProxy, proxyOf } from '../../fixtures/database-proxy.ts'
import { CONNECTIONS } from '../mysql/pool.ts'
import type { Store } from '../mysql/store.ts'
import { bucketedStore } from './bucketed-store.ts'
import { forgetOthers, makeBuckets } from './make-buckets.ts'

type Tables = { notes: { id: string; text: string } }

const NOTES = 'CREATE TABLE IF NOT EXISTS notes (id VARCHAR(40) NOT NULL PRIMARY KEY, text VARCHAR(40) NOT NULL)'
/** On a server of its own each. */
const WELL = '00'
const HUNG = '63'

let servers: BucketServers
let proxy: DatabaseProxy
let store: Store<Tables>

beforeAll(async () => {
  servers = await startBucketServers(2)
  await makeBuckets(servers.addresses, [NOTES])
})
afterAll(() => servers?.stop())
beforeEach(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  const [well, hung] = servers.addresses
  if (!well || !hung) throw new Error('there are two servers')
  proxy = await proxyOf(hung, 'shard-2')
  // The servers say themselves where they are.
  await forgetOthers([well, proxy.address])
  store = await bucketedStore('people', [well, proxy.address])
})
afterEach(async () => {
  await store.close()
  await proxy.close()
  vi.restoreAllMocks()
})

let notes = 0
async function add(bucket: string): Promise<string> {
  notes += 1
  const id = `${bucket} ${notes}`
  await store.of(bucket).writes.insertInto('notes').values({ id, text: '' }).execute()
  return id
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  )
/** With what is told to whoever waits till the deadline of a statement, or of the queue for a connection. */
const TOO_LATE = ['PROTOCOL_SEQUENCE_TIMEOUT', 'POOL_TIMEOUT', 'ETIMEDOUT']

test('all who wait for it are told before any deadline, the next at once, and nobody else is disturbed', async () => {
  await add(HUNG)
  proxy.block()
  const waiting = await Promise.all(Array.from({ length: 3 * CONNECTIONS }, () => codeOf(add(HUNG))))
  for (const code of waiting) expect(TOO_LATE).not.toContain(code)
  expect(waiting).not.toContain('done')
  expect(new Set(waiting)).toContain('PROTOCOL_CONNECTION_LOST')
  expect(await codeOf(add(HUNG))).toBe('SERVER_SILENT')
  expect(await codeOf(add(WELL))).toBe('done')
})

test('once it says something it is asked again', async () => {
  await add(HUNG)
  proxy.block()
  await codeOf(add(HUNG))
  proxy.unblock()
  await expect.poll(() => codeOf(add(HUNG))).toBe('done')
})

test('one that nobody has asked before is given up, too', async () => {
  await store.close()
  proxy.block()
  const [well] = servers.addresses
  store = await bucketedStore('people', well ? [well, proxy.address] : [])
  // The other one knows whose it is.
  await expect.poll(() => codeOf(add(HUNG))).toBe('SERVER_SILENT')
})

test('who waits for a lock waits for no silent server', async () => {
  const id = await add(HUNG)
  const lab = servers.lab.get('shard-2')
  await lab?.query(`BEGIN; SELECT id FROM bucket_${HUNG}.notes WHERE id = '${id}' FOR UPDATE`)
  const change = store.of(HUNG).writes.updateTable('notes').set({ text: 'x' }).where('id', '=', id)
  expect(await codeOf(change.execute())).toBe('ER_LOCK_WAIT_TIMEOUT')
  await lab?.query('ROLLBACK')
})

test('a process that was stopped itself blames nobody', async () => {
  await add(HUNG)
  const asked = add(HUNG)
  await sleep(0)
  // Its event loop stands still for longer than a server may be silent.
  const until = performance.now() + 1_500
  while (performance.now() < until);
  await asked
  expect(await codeOf(add(HUNG))).toBe('done')
})
