/** The one table that tests of a group write to. */
import type { RowDataPacket } from 'mysql2/promise'
import type { TestGroup } from '../test-group.ts'

export async function createNotes(group: TestGroup): Promise<void> {
  const primary = await group.connect('primary')
  await primary.query('CREATE TABLE notes (id VARCHAR(40) PRIMARY KEY)')
  await primary.end()
}

/** What this member has, in the order of the ids. */
export async function notesOf(group: TestGroup, name: string): Promise<string[]> {
  const connection = await group.connect(name)
  const [rows] = await connection.query<RowDataPacket[]>('SELECT id FROM notes ORDER BY id')
  await connection.end()
  return rows.map(({ id }) => String(id))
}
