import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { httpCall } from '../../process/http-call.ts'
import type { Roles } from '../roles.ts'
import { type GroupSettings, isReplaced, isWhole, startTestGroup, type TestGroup } from '../test-group.ts'
import { createNotes, notesOf } from './test-notes.ts'
import { type Note, TestWriters } from './test-writers.ts'

/** Longer than the keeper takes to find out that somebody is gone. */
const NOTICED_MS = 1_000

let group: TestGroup

beforeAll(async () => {
  group = await startTestGroup()
  await createNotes(group)
})
afterAll(() => group?.stop())
beforeEach(() => {
  group.log.length = 0
})

describe('with the protections on', () => {
  test('a killed primary is replaced and nothing acknowledged is lost; it comes back as a replica', async () => {
    const { primary: first, epoch } = await group.until(isWhole)
    const writers = new TestWriters(group, 4)
    await writers.acknowledged(100)
    group.signal(named(first), 'SIGKILL')
    const { primary: second } = await group.until(isReplaced(epoch))
    await writers.acknowledged(100)
    expect(second).not.toBe(first)
    await group.restart(named(first))
    await group.until(isWhole)
    const notes = await writers.stop()
    await expectSame(notes)
  })

  test('a hung primary is replaced, and fenced when it wakes up', async () => {
    const { primary: first, epoch } = await group.until(isWhole)
    const client = await group.connect(named(first))
    group.signal(named(first), 'SIGSTOP')
    const hung = insert(client, 'sent while it hung')
    const { primary: second } = await group.until(isReplaced(epoch))
    await write(named(second), 'written to the new one')
    group.signal(named(first), 'SIGCONT')
    const answer = await hung
    // STOP reaches the last thread a moment later. What was quicker counts, and must not be lost.
    expect(answer).toMatch(/acknowledged|closed|lost|read-only/)
    await group.until(isWhole)
    expect(logged()).toContain(`${first} was replaced: it takes no more writes`)
    const late = await group.connect(named(first))
    expect(await insert(late, 'sent to the old one')).toMatch('read-only')
    late.destroy()
    const sent = { id: 'sent while it hung', acknowledged: answer === 'acknowledged' }
    await expectSame([sent, { id: 'written to the new one', acknowledged: true }])
  })

  test('what nobody got before the primary was killed is thrown away', async () => {
    const { primary: first, replicas, epoch } = await group.until(isWhole)
    for (const { name } of replicas) await asKeeper(name, 'STOP REPLICA IO_THREAD')
    const client = await group.connect(named(first))
    const lost = insert(client, 'nobody got it')
    await untilItWaits(named(first))
    group.signal(named(first), 'SIGKILL')
    expect(await lost).toMatch(/closed|lost/)
    await group.until(isReplaced(epoch))
    await group.restart(named(first))
    await group.until(isWhole)
    expect(logged()).toMatch(new RegExp(`${first} is emptied and replays the log of .*: it has transactions that`))
    expect(await expectSame([])).not.toContain('nobody got it')
  })

  test('nobody is promoted while a replica is out of reach that may have the only copy', async () => {
    const { primary: first, replicas, epoch } = await group.until(isWhole)
    const silent = named(replicas[0]?.name)
    group.signal(silent, 'SIGSTOP')
    await group.until(({ replicas: now }) => now.some(({ serving }) => !serving))
    group.signal(named(first), 'SIGKILL')
    await group.until(({ primary }) => primary === null)
    await sleep(NOTICED_MS)
    expect((await group.roles()).primary).toBeNull()
    expect(logged()).toContain(`the keeper waits: for ${silent}, which may hold what ${first} acknowledged`)
    group.signal(silent, 'SIGCONT')
    await group.until(isReplaced(epoch))
    await group.restart(named(first))
    await group.until(isWhole)
    await expectSame([])
  })

  test('a replica that lags gets no reads until it has caught up', async () => {
    const { primary, replicas } = await group.until(isWhole)
    const slow = named(replicas[0]?.name)
    const lock = await group.connect(slow)
    await lock.query('LOCK TABLES notes READ')
    await write(named(primary), 'the slow one waits for this')
    const serving = ({ replicas: now }: Roles) => now.find(({ name }) => name === slow)?.serving
    await group.until((roles) => serving(roles) === false)
    expect(isServed(await group.roles())).toBe(true)
    await lock.query('UNLOCK TABLES')
    await group.until((roles) => serving(roles) === true)
    lock.destroy()
  })

  test('a replica that differs from the primary is made anew', async () => {
    const { primary, replicas } = await group.until(isWhole)
    const broken = named(replicas[0]?.name)
    await asKeeper(broken, 'SET GLOBAL super_read_only = OFF', 'SET SESSION sql_log_bin = OFF', 'DROP TABLE shop.notes')
    await write(named(primary), 'the broken one has no table for this')
    await group.until((roles) => !isWhole(roles))
    await group.until(isWhole)
    expect(logged()).toContain(`${broken} is emptied and replays the log of ${primary}`)
    await expectSame([{ id: 'the broken one has no table for this', acknowledged: true }])
  })

  test('after a cold start the same primary takes the writes, and a new keeper changes nothing', async () => {
    const { primary, epoch } = await group.until(isWhole)
    await write(named(primary), 'before all of it ended')
    await group.startAnew()
    const again = await group.until(isWhole)
    expect(again).toMatchObject({ primary, epoch: epoch + 1 })
    await expectSame([{ id: 'before all of it ended', acknowledged: true }])
    await group.stopKeeper()
    await write(named(primary), 'without a keeper')
    await group.startKeeper()
    expect(await group.roles()).toMatchObject({ primary, epoch: epoch + 1 })
    const kept = await group.until(isWhole)
    expect(kept).toMatchObject({ primary, epoch: epoch + 1 })
    expect(kept.version).toBeGreaterThan(again.version)
  })

  test('the keeper speaks HTTP', async () => {
    const get = async (path: string) => await httpCall(`${group.keeperUrl}${path}`, { timeoutMs: 5_000 })
    const { version } = await group.until(isWhole)
    expect(JSON.parse((await get('/roles?after=1')).text).version).toBe(version)
    expect((await get('/roles?after=soon')).status).toBe(400)
    expect((await get('/health')).status).toBe(200)
    expect((await get('/elsewhere')).status).toBe(404)
    await expect
      .poll(async () => (await get('/metrics')).text)
      .toMatch(/^outgrow_keeper_semi_sync_followers\{group="keeper"\} 2$/m)
  })
})

describe('with a protection off', () => {
  const startWith = async (settings: GroupSettings): Promise<Roles> => {
    await group.startAnew(settings)
    return await group.until(isWhole)
  }

  test('without semi-sync a killed primary takes with it what its replicas had not fetched', async () => {
    const { primary: first, replicas, epoch } = await startWith({ semiSync: 'off' })
    for (const { name } of replicas) await asKeeper(name, 'STOP REPLICA IO_THREAD')
    await write(named(first), 'acknowledged and lost')
    group.signal(named(first), 'SIGKILL')
    await group.until(isReplaced(epoch))
    await group.restart(named(first))
    await group.until(isWhole)
    expect(await expectSame([])).not.toContain('acknowledged and lost')
  })

  test('without fencing and semi-sync a primary that was hung goes on taking writes beside the new one', async () => {
    const { primary: first, epoch } = await startWith({ semiSync: 'off', fencing: 'off' })
    const client = await group.connect(named(first))
    group.signal(named(first), 'SIGSTOP')
    await group.until(isReplaced(epoch))
    group.signal(named(first), 'SIGCONT')
    await sleep(NOTICED_MS)
    expect(await insert(client, 'split brain')).toBe('acknowledged')
    client.destroy()
    const { primary: second } = await group.roles()
    expect(await notesOf(group, named(second))).not.toContain('split brain')
  })

  test('without failover nobody takes the place of a hung primary; replicas go on serving', async () => {
    const { primary, epoch } = await startWith({ failover: 'off' })
    group.signal(named(primary), 'SIGSTOP')
    await group.until((roles) => roles.primary === null)
    await sleep(NOTICED_MS)
    expect(isServed(await group.roles())).toBe(true)
    expect(await group.roles()).toMatchObject({ primary: null, epoch })
    group.signal(named(primary), 'SIGCONT')
    expect(await group.until(isWhole)).toMatchObject({ primary, epoch })
  })
})

function named(name: string | null | undefined): string {
  if (!name) throw new Error('nobody has that role')
  return name
}

function isServed({ replicas }: Roles): boolean {
  return replicas.some(({ serving }) => serving)
}

function logged(): string {
  return group.log.join('\n')
}

/** In the words of MySQL, which MariaDB knows too, but for these. */
async function asKeeper(name: string, ...statements: string[]): Promise<void> {
  const connection = await group.connectAsKeeper(name)
  const known = group.flavour === 'mysql' ? statements : statements.filter((statement) => !statement.includes('super_read_only'))
  for (const statement of known) await connection.query(statement)
  await connection.end()
}

async function write(name: string, id: string): Promise<void> {
  const connection = await group.connect(name)
  expect(await insert(connection, id)).toBe('acknowledged')
  await connection.end()
}

/** `acknowledged`, or what went wrong. */
async function insert(connection: Connection, id: string): Promise<string> {
  try {
    await connection.query('INSERT INTO notes VALUES (?)', [id])
    return 'acknowledged'
  } catch (error) {
    return (error as Error).message
  }
}

/** The statement is in the log and waits for a replica to have it. */
async function untilItWaits(name: string): Promise<void> {
  const connection = await group.connectAsKeeper(name)
  const states = async () => (await connection.query<RowDataPacket[]>('SHOW PROCESSLIST'))[0].map(({ State }) => String(State))
  await expect.poll(states, { timeout: 5_000 }).toContainEqual(expect.stringContaining('semi-sync ACK'))
  await connection.end()
}

/** All members hold the same, and all that was acknowledged. */
async function expectSame(written: readonly Note[]): Promise<string[]> {
  const { primary } = await group.until(isWhole)
  const notes = await notesOf(group, named(primary))
  const acknowledged = written.filter((note) => note.acknowledged).map(({ id }) => id)
  expect(acknowledged.filter((id) => !notes.includes(id))).toEqual([])
  for (const name of group.names) await expect.poll(() => notesOf(group, name), { timeout: 10_000 }).toEqual(notes)
  return notes
}
