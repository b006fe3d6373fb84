/** Clients that keep their connection to a replica when it is promoted: what they write is the primary's own, though under an id of before. */
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isWhole, startTestGroup, type TestGroup } from '../test-group.ts'
import type { Roles } from './roles.ts'

/** As many have been written when the primary is stopped in the middle of it. */
const NOTES = 100

let group: TestGroup

beforeAll(async () => {
  group = await startTestGroup()
  const primary = await group.connect('primary')
  await primary.query('CREATE TABLE notes (id VARCHAR(40) PRIMARY KEY)')
  await primary.end()
})
afterAll(() => group?.stop())

test('no replica is made anew for having it before the primary says so, and nothing is lost', async () => {
  const { primary: first, replicas, epoch } = await group.until(isWhole)
  const clients = await Promise.all(replicas.map(async ({ name }) => ({ name, client: await group.connect(name) })))
  group.signal(String(first), 'SIGKILL')
  const { primary: second, epoch: next } = await group.until(isReplaced(epoch))
  await group.restart(String(first))
  await group.until(isWhole)
  const written: string[] = []
  const writing = clients.filter(({ name }) => name === second).map(({ client }) => writeUntilLost(client, written))
  await expect.poll(() => written.length, { timeout: 10_000 }).toBeGreaterThan(NOTES)
  // From now on the replicas have what the keeper has not heard of from the primary.
  group.signal(String(second), 'SIGSTOP')
  const { primary: third } = await group.until(isReplaced(next))
  group.signal(String(second), 'SIGCONT')
  await Promise.all(writing)
  for (const { client } of clients) client.destroy()
  await group.until(isWhole)
  for (const name of group.names.filter((one) => one !== second)) expect(group.log.join('\n')).not.toContain(`${name} is emptied`)
  const known = new Set(await notesOn(String(third)))
  expect(written.filter((id) => !known.has(id))).toEqual([])
})

function isReplaced(epoch: number): (roles: Roles) => boolean {
  return (roles) => roles.primary !== null && roles.epoch > epoch
}

/** Notes the acknowledged ones. */
async function writeUntilLost(connection: Connection, written: string[]): Promise<void> {
  try {
    for (let count = 0; ; count++) {
      await connection.query('INSERT INTO notes VALUES (?)', [`note ${count}`])
      written.push(`note ${count}`)
    }
  } catch {
    // The connection was ended: the primary has been replaced.
  }
}

async function notesOn(name: string): Promise<string[]> {
  const connection = await group.connect(name)
  const [rows] = await connection.query<RowDataPacket[]>('SELECT id FROM notes')
  await connection.end()
  return rows.map(({ id }) => String(id))
}
