import type { Connection } from 'mysql2/promise'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { committedPosition, isLaterCommit, positionQuery, type SessionState, waitQuery } from './position.ts'
import { startTestGroup, type TestGroup } from './test-group.ts'

let group: TestGroup
let primary: Connection
let replica: Connection

beforeAll(async () => {
  group = await startTestGroup()
  primary = await group.connect('primary')
  replica = await group.connect('replica-1')
})
afterAll(() => group?.stop())

test('a replica has reached a position once it has applied all up to it', async () => {
  await primary.query('CREATE TABLE places (n INT PRIMARY KEY)')
  await waitFor(await position(), 10_000)
  // Its changes wait here for as long as the table is locked.
  await replica.query('LOCK TABLES places READ')
  await primary.query('INSERT INTO places VALUES (1)')
  const written = await position()
  expect(await waitFor(written, 100)).toBe(0)
  await replica.query('UNLOCK TABLES')
  expect(await waitFor(written, 10_000)).toBe(1)
  expect((await replica.query('SELECT n FROM places'))[0]).toEqual([{ n: 1 }])
  expect(await waitFor('', 1)).toBe(1)
})

test('the answer to a commit says its place, so that nobody has to ask for it', async () => {
  await primary.query('CREATE TABLE answered_places (n INT PRIMARY KEY)')
  await waitFor(await position(), 10_000)
  await replica.query('LOCK TABLES answered_places READ')
  await primary.query('BEGIN')
  await primary.query('INSERT INTO answered_places VALUES (1)')
  const committed = placeIn(await primary.query('COMMIT'))
  expect(await waitFor(committed, 100)).toBe(0)
  await replica.query('UNLOCK TABLES')
  expect(await waitFor(committed, 10_000)).toBe(1)
  const later = placeIn(await primary.query('INSERT INTO answered_places VALUES (2)'))
  expect([isLaterCommit(later, committed), isLaterCommit(committed, later)]).toEqual([true, false])
})

function placeIn([answer]: unknown[]): string {
  const { stateChanges } = answer as { stateChanges: SessionState }
  return committedPosition(stateChanges) ?? 'none'
}

test('a position stands on one line', async () => {
  await primary.query('CREATE TABLE more_places (n INT PRIMARY KEY)')
  expect(await position()).toMatch(/^[\w:,-]+$/)
})

test.each([
  ["0-1-2', 1) OR SLEEP(10) -- ", 'mariadb'],
  ['0-1-2;', 'mariadb'],
  ['0-1-2\n', 'mariadb'],
  ['11111111-1111-1111-1111-111111111111:1-2', 'mariadb'],
  ["11111111-1111-1111-1111-111111111111:1', 1)", 'mysql'],
  ['11111111-1111-1111-1111-111111111111', 'mysql'],
  ['11111111-1111-1111-1111-111111111111:1-2,', 'mysql'],
  ['0-1-2', 'mysql'],
  [`0-1-${'2'.repeat(5_000)}`, 'mariadb'],
] as const)('"%s" is no position of %s', (forged, flavour) => {
  expect(() => waitQuery(flavour, forged, 100)).toThrow('is no position')
})

test('positions of both flavours become part of a query that ends', () => {
  const uuid = '0c2cdd02-e593-11f1-8a47-02fc00000001'
  expect(waitQuery('mariadb', '0-101-57', 250)).toContain("MASTER_GTID_WAIT('0-101-57', 0.25)")
  expect(waitQuery('mysql', `${uuid}:1-5:8,${uuid}:blue:1-3`, 250)).toContain(`('${uuid}:1-5:8,${uuid}:blue:1-3', 0.25)`)
  for (const forever of [0, -1, Number.NaN, 1e9]) expect(() => waitQuery('mysql', `${uuid}:1`, forever)).toThrow('nobody waits')
})

async function position(): Promise<string> {
  const [rows] = await primary.query(positionQuery(group.flavour))
  return String((rows as { position: string }[])[0]?.position)
}

async function waitFor(at: string, timeoutMs: number): Promise<unknown> {
  const [rows] = await replica.query(waitQuery(group.flavour, at, timeoutMs))
  return (rows as { reached: number }[])[0]?.reached
}
