/** Which server is asked, and what becomes of requests when servers come and go. Each is a database of its own, so that answers tell them apart. */
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { createDatabase } from '../../../infra/mysql/test-server.ts'
import { settingsOf } from '../../../infra/stage/settings.ts'
import { type DatabaseProxy, proxyOf } from '../../fixtures/database-proxy.ts'
import { type StubKeeper, startStubKeeper } from '../../fixtures/stub-keeper.ts'
import { toShopError } from '../http/problems.ts'
import { parseDatabaseUrl } from './address.ts'
import type { Database, Databases } from './database.ts'
import { replicatedDatabases } from './replicated.ts'

/** For what comes by itself, however slow the machine is. */
const SOON = { timeout: 20_000 }
const NAMES = ['primary', 'replica-1', 'replica-2'] as const
type Name = (typeof NAMES)[number]
const settings = settingsOf({ sessions: 'memory', cache: 'none', checkout: 'transaction' })
const SERVING = NAMES.slice(1).map((name) => ({ name, lagMs: 0, serving: true }))
/** More than all connections to one server, and not so many that any is refused. */
const MANY = 40

let servers: Record<Name, DatabaseProxy>
let keeper: StubKeeper
let databases: Databases

beforeEach(async () => {
  const made = NAMES.map(async (name) => {
    const target = parseDatabaseUrl('test', await createDatabase(inject('databaseUrl')))
    return [name, await proxyOf(target, name)] as const
  })
  servers = Object.fromEntries(await Promise.all(made)) as Record<Name, DatabaseProxy>
  keeper = await startStubKeeper({ epoch: 1, flavour: 'mariadb', primary: 'primary', replicas: SERVING })
  databases = await connect()
})
afterEach(async () => {
  await databases.close()
  await keeper.stop()
  await Promise.all(Object.values(servers).map((server) => server.close()))
})

function connect(): Promise<Databases> {
  const addresses = NAMES.map((name) => servers[name].address)
  return replicatedDatabases({ name: 'app-1', servers: addresses, settings, keeperUrl: keeper.url }, undefined)
}

/** The name of the server that answers, after as many seconds. */
async function ask(database: Database, seconds = 0): Promise<string | undefined> {
  const { rows } = await sql<{ at: string }>`select database() as at, sleep(${seconds})`.execute(database)
  return NAMES.find((name) => servers[name].address.database === rows[0]?.at)
}

const askMany = (database: Database, seconds = 0) => Promise.all(Array.from({ length: MANY }, () => ask(database, seconds)))

/** Counts of equal answers; an error is its code as the client would see it. */
async function outcomes(answers: readonly Promise<string | undefined>[]): Promise<Record<string, number>> {
  const settled = await Promise.allSettled(answers)
  const names = settled.map((one) => (one.status === 'fulfilled' ? String(one.value) : toShopError(one.reason).code))
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, list]) => [name, list.length]))
}

const untilUsed = (database: Database, name: Name) => expect.poll(() => ask(database).catch(String), SOON).toBe(name)
const untilBusy = (name: Name, connections: number) => expect.poll(() => servers[name].connections(), SOON).toBe(connections)

describe('reads', () => {
  test('go to the replicas in turn, and writes to the primary', async () => {
    expect(await outcomes(Array.from({ length: 20 }, () => ask(databases.reads)))).toEqual({ 'replica-1': 10, 'replica-2': 10 })
    expect(await outcomes(Array.from({ length: 20 }, () => ask(databases.writes)))).toEqual({ primary: 20 })
  })

  test('go to the replicas that serve, and to the primary where none does', async () => {
    keeper.say({
      replicas: [
        { name: 'replica-1', lagMs: 0, serving: false },
        { name: 'replica-2', lagMs: 0, serving: true },
      ],
    })
    await expect.poll(async () => new Set(await askMany(databases.reads)), SOON).toEqual(new Set(['replica-2']))
    keeper.say({ replicas: NAMES.slice(1).map((name) => ({ name, lagMs: 0, serving: false })) })
    await untilUsed(databases.reads, 'primary')
    keeper.say({ replicas: SERVING })
    await expect.poll(async () => new Set(await askMany(databases.reads)), SOON).toEqual(new Set(['replica-1', 'replica-2']))
  })

  test('a replica that is killed costs no failed read, not even one that was under way', async () => {
    const reads = Array.from({ length: 10 }, () => ask(databases.reads, 0.3))
    await untilBusy('replica-1', 5)
    await servers['replica-1'].cut()
    expect(await outcomes(reads)).toEqual({ 'replica-2': 10 })
    expect(new Set(await askMany(databases.reads))).toEqual(new Set(['replica-2']))
    await servers['replica-2'].cut()
    expect(new Set(await askMany(databases.reads))).toEqual(new Set(['primary']))
  })

  test('a replica that hangs costs no failed read once the keeper has seen it', async () => {
    await askMany(databases.reads)
    servers['replica-1'].block()
    const reads = Array.from({ length: MANY }, () => ask(databases.reads))
    keeper.say({
      replicas: [
        { name: 'replica-1', lagMs: 0, serving: false },
        { name: 'replica-2', lagMs: 0, serving: true },
      ],
    })
    expect(await outcomes(reads)).toEqual({ 'replica-2': MANY })
  })

  test('a transaction stays on one server, and is not begun again in its middle', async () => {
    const work = databases.reads.transaction().execute(async (trx) => {
      const first = await ask(trx)
      for (let more = 0; more < 5; more += 1) expect(await ask(trx)).toBe(first)
      await servers[first as Name].cut()
      return ask(trx)
    })
    expect(await outcomes([work])).toEqual({ UNAVAILABLE: 1 })
  })

  test('fail where no server is left', async () => {
    await Promise.all(NAMES.map((name) => servers[name].cut()))
    expect(await outcomes([ask(databases.reads)])).toEqual({ UNAVAILABLE: 1 })
  })
})

describe('a change of the primary', () => {
  test('is followed without a restart; what was under way fails, as nobody knows its outcome', async () => {
    const underWay = Array.from({ length: MANY }, () => ask(databases.writes, 20))
    await untilBusy('primary', 10)
    keeper.say({ primary: null, epoch: 2 })
    expect(await outcomes(underWay)).toEqual({ UNAVAILABLE: MANY })
    keeper.say({ primary: 'replica-1', replicas: [{ name: 'replica-2', lagMs: 0, serving: true }] })
    await untilUsed(databases.writes, 'replica-1')
    expect(new Set(await askMany(databases.reads))).toEqual(new Set(['replica-2']))
    await untilBusy('primary', 0)
  })

  test('makes a transaction on the old one fail, however far it has come', async () => {
    const work = databases.writes.transaction().execute(async (trx) => {
      await ask(trx)
      keeper.say({ primary: 'replica-2', epoch: 2 })
      await untilUsed(databases.writes, 'replica-2')
      return ask(trx)
    })
    expect(await outcomes([work])).toEqual({ UNAVAILABLE: 1 })
  })

  test('while there is none, writes are refused at once with a time to come back, and reads go on', async () => {
    await servers.primary.cut()
    keeper.say({ primary: null })
    await expect.poll(() => ask(databases.writes).catch((error) => toShopError(error).message), SOON).toContain('no database')
    const refused = await ask(databases.writes).catch(toShopError)
    expect(refused).toMatchObject({ code: 'UNAVAILABLE', retryAfterS: 1 })
    expect(await outcomes(Array.from({ length: MANY }, () => ask(databases.reads)))).toEqual({ 'replica-1': 20, 'replica-2': 20 })
  })

  test('leaves no connection taken by a server that hung and came back', async () => {
    await askMany(databases.writes)
    servers.primary.block()
    const stuck = Array.from({ length: MANY }, () => ask(databases.writes))
    keeper.say({ primary: null })
    expect(await outcomes(stuck)).toEqual({ UNAVAILABLE: MANY })
    servers.primary.unblock()
    keeper.say({ primary: 'primary' })
    await untilUsed(databases.writes, 'primary')
    expect(await outcomes(Array.from({ length: MANY }, () => ask(databases.writes, 0.01)))).toEqual({ primary: MANY })
    await expect.poll(() => servers.primary.connections(), SOON).toBeLessThanOrEqual(10)
  })
})

describe('without the keeper', () => {
  test('the app believes none of several that say they take writes, and is told who does when the keeper comes', async () => {
    await keeper.stop()
    await databases.close()
    databases = await connect()
    expect(await outcomes([ask(databases.writes)])).toEqual({ UNAVAILABLE: 1 })
    expect(new Set(await askMany(databases.reads))).toEqual(new Set(NAMES))
    expect(databases.isWritable()).toBe(false)
    const port = Number(new URL(keeper.url).port)
    keeper = await startStubKeeper({ epoch: 1, flavour: 'mariadb', primary: 'replica-1', replicas: [] }, { port })
    await untilUsed(databases.writes, 'replica-1')
    expect(databases.isWritable()).toBe(true)
  })

  test('everything goes on with the roles that it said last', async () => {
    await keeper.stop()
    expect(await outcomes([ask(databases.writes)])).toEqual({ primary: 1 })
    expect(await outcomes(Array.from({ length: 20 }, () => ask(databases.reads)))).toEqual({ 'replica-1': 10, 'replica-2': 10 })
  })
})
