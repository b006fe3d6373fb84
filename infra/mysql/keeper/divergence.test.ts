/** Replicas that somebody has changed: they are found, taken out of the rotation and made anew, and never take the writes. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { httpCall } from '../../process/http-call.ts'
import { isWhole, startTestGroup, type TestGroup } from '../test-group.ts'
import { dialectOf } from './dialect-of.ts'
import { createNotes, notesOf } from './test-notes.ts'

/** What the keeper's account may do where nobody may write. */
const STRAY = 'TRUNCATE TABLE shop.notes'

let group: TestGroup

beforeAll(async () => {
  group = await startTestGroup()
  await createNotes(group)
  await onPrimary("INSERT INTO notes VALUES ('kept')")
})
afterAll(() => group?.stop())
beforeEach(() => {
  group.log.length = 0
})

test('a transaction that a replica has from nobody: it gets no reads, and is made anew', async () => {
  const { primary } = await group.until(isWhole)
  // A replica that has received a table has not yet made it.
  await expectSame(['kept'])
  const before = await rebuildsOf('replica-1')
  await changeReplica('replica-1', STRAY)
  await group.until(({ replicas }) => replicas.some(({ name, serving }) => name === 'replica-1' && !serving))
  await group.until(isWhole)
  expect(logged()).toContain(
    `replica-1 is emptied and replays the log of ${primary}: it has transactions that ${primary} has not`,
  )
  expect(await rebuildsOf('replica-1')).toBe(before + 1)
  await expectSame(['kept'])
})

test('a row that is gone from a replica without a transaction: it is made anew once the primary changes that row', async () => {
  await expectSame(['kept'])
  const before = await rebuildsOf('replica-2')
  await changeReplica('replica-2', 'SET SESSION sql_log_bin = OFF', STRAY)
  await onPrimary("UPDATE notes SET id = 'changed'")
  await expect.poll(() => rebuildsOf('replica-2'), { timeout: 20_000 }).toBe(before + 1)
  await group.until(isWhole)
  await expectSame(['changed'])
})

test('a replica that has more than the last primary, but from nobody, does not take its place at a start', async () => {
  const { primary } = await group.until(isWhole)
  const strayed = group.names.find((name) => name !== primary) ?? ''
  await group.stopKeeper()
  await changeReplica(strayed, STRAY)
  group.signal(String(primary), 'SIGKILL')
  await group.startKeeper()
  await group.restart(String(primary))
  expect(await group.until(isWhole)).toMatchObject({ primary })
  expect(logged()).toContain(`${strayed} is emptied`)
  await expectSame(['changed'])
})

test('a replica that strays the moment before the primary is killed does not take its place', async () => {
  const { primary } = await group.until(isWhole)
  // Not the one that was made anew a moment ago.
  await changeReplica(group.names.findLast((name) => name !== primary) ?? '', STRAY)
  group.signal(String(primary), 'SIGKILL')
  await group.restart(String(primary))
  await group.until(isWhole)
  await expectSame(['changed'])
})

test('a replica whose emptying was broken off is not taken for a copy', async () => {
  const { primary } = await group.until(isWhole)
  const broken = group.names.find((name) => name !== primary) ?? ''
  const steps = dialectOf(group.flavour, '9.7.0').empty({ made: 'shop', logged: [] })
  const untilDropped = steps.slice(0, steps.findIndex((step) => step.startsWith('DROP DATABASE')) + 1)
  await group.stopKeeper()
  await changeReplica(broken, ...untilDropped)
  await group.startKeeper()
  await expectSame(['changed'])
  await group.until(isWhole)
})

function logged(): string {
  return group.log.join('\n')
}

/** By somebody who got hold of the keeper's password; in the words of MySQL, which MariaDB knows too, but for `super_read_only`. */
async function changeReplica(name: string, ...statements: string[]): Promise<void> {
  const connection = await group.connectAsKeeper(name)
  if (group.flavour === 'mysql') await connection.query('SET GLOBAL super_read_only = OFF')
  for (const statement of statements) await connection.query(statement)
  await connection.end()
}

async function onPrimary(statement: string): Promise<void> {
  const { primary } = await group.until(isWhole)
  const connection = await group.connect(String(primary))
  await connection.query(statement)
  await connection.end()
}

async function rebuildsOf(member: string): Promise<number> {
  const { text } = await httpCall(`${group.keeperUrl}/metrics`, { timeoutMs: 5_000 })
  return Number(new RegExp(`^outgrow_keeper_rebuilds_total\\{member="${member}"\\} (\\d+)$`, 'm').exec(text)?.[1])
}

async function expectSame(notes: readonly string[]): Promise<void> {
  for (const name of group.names) await expect.poll(() => notesOf(group, name), { timeout: 10_000 }).toEqual(notes)
}
