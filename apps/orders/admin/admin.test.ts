/** What is asked over all customers, where they are in several databases. */
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { type DatabaseProxy, proxyOf } from '../../fixtures/database-proxy.ts'
import { waitsOf, watchQuestions } from '../../fixtures/request-waits.ts'
import { type OwnDatabase, shopDatabase } from '../../fixtures/shop-database.ts'
import { spreadOver } from '../../fixtures/spread-over.ts'
import { parseDatabaseUrl } from '../../platform/mysql/address.ts'
import { connectDatabase, type Database, type Databases, oneDatabase } from '../../platform/mysql/database.ts'
import { ulid } from '../../platform/process/ids.ts'
import type { OrderStatus } from '../order.ts'
import type { OrdersTables } from '../queries.ts'
import { makeAllOrders } from './all-orders.ts'
import { makeSales } from './sales.ts'

const NAMES = ['shard-1', 'shard-2', 'shard-3'] as const
const NOON = Date.parse('2026-05-01T12:00:00Z')
const MINUTE_MS = 60_000
const at = (minutes: number) => new Date(NOON + minutes * MINUTE_MS)

type Given = { readonly minute: number; readonly status: OrderStatus; readonly idMadeMs?: number }

let shards: OwnDatabase[]
/** Newest first. */
let ids: string[]

beforeAll(async () => {
  watchQuestions()
  shards = await Promise.all(NAMES.map(() => shopDatabase(inject('databaseUrl'))))
  ids = []
  for (let minute = 0; minute < 12; minute++) {
    const status = (['paid', 'placed', 'paid', 'cancelled'] as const)[minute % 4] ?? 'paying'
    ids.unshift(await insert(shards[minute % 3]?.writes, { minute, status }))
  }
})
afterAll(async () => {
  await Promise.all(shards.map(({ close }) => close()))
  vi.restoreAllMocks()
})

async function insert(db: Database<OrdersTables> | undefined, ...given: Given[]): Promise<string> {
  const orders = given.map(({ minute, status, idMadeMs = at(minute).getTime() }) => {
    const id = `ord_${ulid(idMadeMs)}07`
    return { id, user_id: 'usr_01_07', status, total_cents: 100 + minute, payment_id: null, created_at: at(minute) }
  })
  const lines = orders.flatMap(({ id }) =>
    [1, 0].map((position) => ({
      ...{ order_id: id, position, product_id: `prd_${position}`, name: 'n', unit_price_cents: 50, quantity: 1 },
    })),
  )
  await db?.insertInto('orders').values(orders).execute()
  await db?.insertInto('order_lines').values(lines).execute()
  return orders.at(-1)?.id ?? ''
}

const all = () => spreadOver(Object.fromEntries(NAMES.map((name, index) => [name, shards[index] as OwnDatabase])))

describe('the orders of all customers', () => {
  test('are one list, newest first, each once, page by page', async () => {
    const { list } = makeAllOrders(all())
    const found: string[] = []
    let cursor: string | null | undefined
    do {
      const page = await list({ limit: 5, ...(cursor && { cursor }) })
      expect(page.missing).toEqual([])
      expect(page.items.length).toBeLessThanOrEqual(5)
      found.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor !== null && found.length <= ids.length)
    expect(found).toEqual(ids)
    const { items } = await list({ limit: 1 })
    expect(items).toEqual([
      {
        ...{ id: ids[0], userId: 'usr_01_07', status: 'cancelled', totalCents: 111, createdAt: at(11).toISOString() },
        items: [0, 1].map((line) => ({ productId: `prd_${line}`, name: 'n', quantity: 1, unitPriceCents: 50 })),
      },
    ])
  })

  test('may be those of one status', async () => {
    const { items, nextCursor } = await makeAllOrders(all()).list({ limit: 3, status: 'placed' })
    expect(items.map(({ id }) => id)).toEqual([2, 6, 10].map((index) => ids[index]))
    expect(nextCursor).toBe(null)
  })

  test.each(['nonsense', 'prd_00001 and more', `ord_${'a'.repeat(27)}`, ''])('have no cursor %j', async (text) => {
    const cursor = Buffer.from(text).toString('base64url')
    await expect(makeAllOrders(all()).list({ limit: 3, cursor })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  test('take no cursor that is another’s spelling of theirs', async () => {
    const { list } = makeAllOrders(all())
    const { nextCursor } = await list({ limit: 3 })
    const [cursor, last] = [nextCursor ?? '', nextCursor?.charCodeAt(42) ?? 0]
    const respelt = cursor.slice(0, -1) + String.fromCharCode(last + 1)
    expect(Buffer.from(respelt, 'base64url').toString()).toBe(ids[2])
    await expect(list({ limit: 3, cursor: respelt })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })
})

describe('what was sold', () => {
  test('is what is paid, from the beginning of the span to before its end', async () => {
    const { between } = makeSales(all())
    expect(await between(at(0), at(12))).toEqual({ from: at(0), to: at(12), orders: 6, totalCents: 630, missing: [] })
    expect(await between(at(2), at(8))).toMatchObject({ orders: 3, totalCents: 102 + 104 + 106 })
    expect(await between(at(8), at(8))).toMatchObject({ orders: 0, totalCents: 0 })
  })

  test('counts an order at the time that it tells, though its id was made before it waited', async () => {
    const db = await ownDatabase()
    await insert(db.writes, { minute: 30, status: 'paid', idMadeMs: at(30).getTime() - 20_000 })
    const { between } = makeSales(spreadOver({ db }))
    expect(await between(at(30), at(31))).toMatchObject({ orders: 1 })
    expect(await between(at(29), at(30))).toMatchObject({ orders: 0 })
  })

  test('may be asked for all of time', async () => {
    const { between } = makeSales(all())
    const [ever, after] = [new Date('0000-01-01T00:00:00+23:59'), new Date('9999-12-31T23:59:59-23:59')]
    expect(await between(ever, after)).toMatchObject({ orders: 6, from: new Date(0), to: new Date('9999-12-31T23:59:59.999Z') })
  })
})

describe('each place', () => {
  test('is asked once, all of them together', async () => {
    for (const ask of [
      () => makeAllOrders(all()).list({ limit: 5, status: 'paid' }),
      () => makeSales(all()).between(at(0), at(12)),
    ]) {
      const { statements, databaseWaits } = await waitsOf(ask)
      expect([statements.length, databaseWaits]).toEqual([NAMES.length, 1])
    }
  })

  test('reads what it answers with, however many orders it has', async () => {
    const db = await ownDatabase()
    const many = (status: OrderStatus, count: number) => Array.from({ length: count }, (_, minute) => ({ minute, status }))
    await insert(db.writes, ...many('paid', 1_000))
    await insert(db.writes, ...many('cancelled', 200))
    const read = (ask: (store: ReturnType<typeof all>) => Promise<unknown>) =>
      db.writes.connection().execute(async (own) => {
        const before = await rowsRead(own)
        await ask(spreadOver({ db: { ...db, reads: own } }))
        return (await rowsRead(own)) - before
      })
    for (const status of ['paid', 'cancelled'] as const) {
      expect(await read((store) => makeAllOrders(store).list({ limit: 5, status })), status).toBeLessThan(60)
    }
    expect(await read((store) => makeAllOrders(store).list({ limit: 5 }))).toBeLessThan(60)
    // A minute on either side is read besides.
    expect(await read((store) => makeSales(store).between(at(100), at(110)))).toBeLessThan(20)
  })
})

describe('a place that cannot be asked', () => {
  let proxies: DatabaseProxy[]
  let places: Record<string, Databases<OrdersTables>>
  beforeAll(async () => {
    proxies = await Promise.all(shards.map(({ url }, index) => proxyOf(parseDatabaseUrl('test', url), NAMES[index] ?? '')))
    places = Object.fromEntries(proxies.map(({ address }) => [address.name, oneDatabase(connectDatabase(address))]))
    vi.spyOn(console, 'log').mockImplementation(() => {})
    // Each has a connection then that knows nothing of what comes.
    expect(await makeSales(spreadOver(places)).between(at(0), at(12))).toMatchObject({ missing: [] })
  })
  afterAll(async () => {
    for (const proxy of proxies) proxy.unblock()
    await Promise.all(Object.values(places).map(({ close }) => close()))
    await Promise.all(proxies.map(({ close }) => close()))
  })

  test('because it hangs is named, and costs the deadline, however many there are', async () => {
    for (const proxy of proxies.slice(1)) proxy.block()
    let deadlineMs = 0
    const store = spreadOver(places)
    const noting: typeof store = {
      each(ask, limits) {
        deadlineMs = limits.withinMs
        return store.each(ask, limits)
      },
    }
    for (const ask of [() => makeAllOrders(noting).list({ limit: 100 }), () => makeSales(noting).between(at(0), at(12))]) {
      const begun = performance.now()
      expect(await ask()).toMatchObject({ missing: ['shard-2', 'shard-3'] })
      expect(performance.now() - begun).toBeLessThan(2 * deadlineMs)
    }
    for (const proxy of proxies) proxy.unblock()
  })

  test('because it is dead is named, and the others’ part is answered', async () => {
    await proxies[2]?.cut()
    const page = await makeAllOrders(spreadOver(places)).list({ limit: 100 })
    expect(page.missing).toEqual(['shard-3'])
    expect(page.items.map(({ id }) => id)).toEqual(ids.filter((_, index) => (11 - index) % 3 !== 2))
    const report = await makeSales(spreadOver(places)).between(at(0), at(12))
    expect(report).toMatchObject({ orders: 4, totalCents: 100 + 104 + 106 + 110, missing: ['shard-3'] })
  })

  test('leaves no answer where it is the only one', async () => {
    const store = spreadOver(Object.fromEntries(Object.entries(places).filter(([name]) => name === 'shard-3')))
    for (const asked of [makeAllOrders(store).list({ limit: 5 }), makeSales(store).between(at(0), at(12))]) {
      await expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'shard-3 cannot be asked now' })
    }
  })
})

async function ownDatabase(): Promise<OwnDatabase> {
  const database = await shopDatabase(inject('databaseUrl'))
  onTestFinished(database.close)
  return database
}

/** Of all that this connection has asked so far. */
async function rowsRead(own: Database<OrdersTables>): Promise<number> {
  const { rows } = await sql<{ Value: string }>`show session status like 'Handler_read%'`.execute(own)
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0)
}
