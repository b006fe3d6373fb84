import { bucketSchema } from '../stores/queries.ts'
import { type Key, SELECT_COLUMNS, type Shape } from './queries.ts'
import type { Session } from './session.ts'

type Column = { readonly of_table: string; readonly name: string; readonly key_position: number | null }
export type Row = Readonly<Record<string, unknown>>

/** Of all tables of a bucket, as they are on this server. */
export async function shapesOf({ rows }: Session, bucket: string): Promise<Shape[]> {
  const columns = await rows<Column>(SELECT_COLUMNS, [bucketSchema(bucket)])
  return [...Map.groupBy(columns, ({ of_table }) => of_table)].map(([table, own]) => shapeOf(table, own))
}

function shapeOf(table: string, columns: readonly Column[]): Shape {
  const key = columns.filter(({ key_position }) => key_position !== null)
  key.sort((one, other) => Number(one.key_position) - Number(other.key_position))
  if (key.length === 0) throw new Error(`the table ${table} has no primary key, so its rows cannot be moved`)
  return { table, columns: columns.map(({ name }) => name), key: key.map(({ name }) => name) }
}

export function keyOf({ key }: Shape, row: Row): Key {
  return key.map((name) => row[name])
}

export function valuesOf({ columns }: Shape, row: Row): unknown[] {
  return columns.map((name) => row[name])
}

/** Two keys are the same where this is. */
export function spelt(key: Key): string {
  return JSON.stringify(key.map((value) => (Buffer.isBuffer(value) ? { hex: value.toString('hex') } : value)))
}

export function keySpelt(text: string): Key {
  return (JSON.parse(text) as unknown[]).map((value) => (isHex(value) ? Buffer.from(value.hex, 'hex') : value))
}

function isHex(value: unknown): value is { hex: string } {
  return typeof value === 'object' && value !== null && 'hex' in value
}
