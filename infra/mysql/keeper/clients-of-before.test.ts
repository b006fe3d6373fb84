/** Clients that keep their connection to a replica when it is promoted: what they write is the primary's own, though under an id of before. */
import type { Connection } from 'mysql2/promise'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isReplaced, isWhole, startTestGroup, type TestGroup } from '../test-group.ts'
import { createNotes, notesOf } from './test-notes.ts'

/** As many have been written when the primary is stopped in the middle of it. */
const NOTES = 100

let group: TestGroup

beforeAll(async () => {
  group = await startTestGroup()
  await createNotes(group)
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
  const known = new Set(await notesOf(group, String(third)))
  expect(written.filter((id) => !known.has(id))).toEqual([])
})

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
