/** A shop whose customers are in buckets over two servers, and whose catalogue is on a third. */
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createDatabase } from '../../infra/mysql/test-server.ts'
import type { StoresDocument } from '../../infra/stage/app-document.ts'
import { settingsOf } from '../../infra/stage/settings.ts'
import { appEnvironment } from '../fixtures/app-document.ts'
import { type BucketServers, startBucketServers } from '../fixtures/bucket-servers.ts'
import { demoDatabase } from '../fixtures/shop-database.ts'
import type { App } from '../platform/http/server.ts'
import { parseDatabaseUrl } from '../platform/mysql/address.ts'
import { bucketNames, bucketOfEmail } from '../platform/process/buckets.ts'
import { DEMO_PASSWORD } from '../users/seed.ts'
import { buildShop } from './app.ts'
import { readConfig } from './config.ts'
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

describe('a shop on them', () => {
  const settings = settingsOf({ sessions: 'mysql', cache: 'none', checkout: 'saga' })
  let app: App

  beforeAll(async () => {
    const { stores, data } = document
    app = (await buildShop(readConfig(appEnvironment({ databaseUrl: catalogue, settings, stores, data })))).app
    await app.ready()
  })
  afterAll(() => app?.close())

  const logIn = async (email: string) => {
    const answer = await app.inject({ method: 'POST', url: '/sessions', payload: { email, password: DEMO_PASSWORD } })
    return { status: answer.statusCode, cookies: Object.fromEntries(answer.cookies.map(({ name, value }) => [name, value])) }
  }
  const order = (cookies: Record<string, string>, key: string) => {
    const payload = { items: [{ productId: 'prd_00042', quantity: 1 }] }
    return app.inject({ method: 'POST', url: '/orders', cookies, headers: { 'idempotency-key': key, 'x-explain': '1' }, payload })
  }

  test('an order is placed, shown and cancelled in its customer’s bucket', async () => {
    const { cookies } = await logIn('shopper-0001@example.com')
    const placed = await order(cookies, 'k1')
    expect(placed.statusCode).toBe(201)
    const { id } = placed.json()
    const bucket = bucketOfEmail('shopper-0001@example.com')
    expect(id.slice(-2)).toBe(bucket)
    expect(placed.headers['server-timing']).toContain(`bucket_${bucket} on shard-`)
    expect((await order(cookies, 'k1')).json()).toEqual(placed.json())
    expect((await app.inject({ url: '/orders', cookies })).json().items).toMatchObject([{ id, status: 'placed' }])
    const cancelled = await app.inject({ method: 'POST', url: `/orders/${id}/cancellation`, cookies })
    expect(cancelled.json()).toMatchObject({ id, status: 'cancelled' })
  })

  test('what is asked for a customer counts for the bucket and the server that has it, and for no other', async () => {
    const email = 'shopper-0002@example.com'
    const bucket = bucketOfEmail(email)
    const counted = async () => {
      const { body } = await app.inject('/metrics')
      const series = [...body.matchAll(/^outgrow_bucket_requests_total\{bucket="(\d\d)",server="(shard-\d)"[^}]*\} (\d+)$/gm)]
      return new Map(series.map(([, name = '', server = '', count]) => [`${name} on ${server}`, Number(count)]))
    }
    const before = await counted()
    const { cookies } = await logIn(email)
    await app.inject({ url: '/orders', cookies })
    const more = [...(await counted())].filter(([place, count]) => count > (before.get(place) ?? 0))
    expect(more.map(([place]) => place)).toEqual([`${bucket} on ${Number(bucket) < 32 ? 'shard-1' : 'shard-2'}`])
  })

  test('an id of another bucket, or of none, is nobody’s order', async () => {
    const { cookies } = await logIn('shopper-0001@example.com')
    for (const bucket of ['00', '63', '64', '99']) {
      const answer = await app.inject({ url: `/orders/ord_01m8ptra4bj2zge3tpe0m8tx5v${bucket}`, cookies })
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'ORDER_NOT_FOUND'])
    }
  })

  test('a server that dies takes its own customers along, and nobody else', async () => {
    const people = Array.from({ length: 12 }, (_, index) => `shopper-00${index + 10}@example.com`)
    const dead = people.filter((email) => Number(bucketOfEmail(email)) >= 32)
    expect([dead.length > 2, dead.length < 10]).toEqual([true, true])
    // One after the other: a shop on a busy machine sends some of so many log-ins at once away.
    const sessions = new Map<string, Awaited<ReturnType<typeof logIn>>>()
    for (const email of people) sessions.set(email, await logIn(email))
    expect(new Set([...sessions.values()].map(({ status }) => status))).toEqual(new Set([201]))
    await servers.end('shard-2')
    for (const email of people) {
      const cookies = sessions.get(email)?.cookies ?? {}
      const statuses = [(await logIn(email)).status, (await app.inject({ url: '/orders', cookies })).statusCode]
      statuses.push((await order(cookies, 'after')).statusCode)
      expect([email, ...statuses]).toEqual([email, ...(dead.includes(email) ? [503, 503, 503] : [201, 200, 201])])
    }
    expect((await app.inject('/products/prd_00042')).statusCode).toBe(200)
    const ready = (await app.inject('/health/ready')).json()
    expect([ready.status, ready.degraded]).toEqual(['ready', [expect.stringContaining('database shard-2: tcp')]])
  })
})
