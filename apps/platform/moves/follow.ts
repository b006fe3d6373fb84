import { fillKeys } from './fill.ts'
import { backlogOf, readNotes, removeNotes } from './notes.ts'
import { type Key, type Shape, selectRows } from './queries.ts'
import { type Row, spelt } from './shapes.ts'
import type { Way } from './way.ts'

const NOTES_AT_ONCE = 500

/** Keys of rows, each once. */
export type Keys = Map<string, { readonly shape: Shape; readonly key: Key }>

/** Carries over what is noted until nothing is, or once where more comes all the time. Answers which rows it has carried. */
export async function carryNotes(way: Way): Promise<Keys> {
  const carried: Keys = new Map()
  const backlog = await backlogOf(way.source, way.bucket, way.shapes)
  for (const shape of way.shapes) {
    for (let left = backlog.get(shape.table) ?? 0; left > 0; left -= NOTES_AT_ONCE) {
      for (const key of await carrySome(way, shape)) carried.set(nameOf(shape, key), { shape, key })
    }
  }
  return carried
}

export function nameOf({ table }: Shape, key: Key): string {
  return `${table} ${spelt(key)}`
}

/** In this order: what is cut off is carried again. The rows are read after their notes, so they are as new as those at least. */
async function carrySome(way: Way, shape: Shape): Promise<Key[]> {
  const { source, bucket } = way
  const notes = await readNotes(source, bucket, shape, NOTES_AT_ONCE)
  if (notes.keys.length === 0) return []
  const keys = [...new Map(notes.keys.map((key) => [spelt(key), key])).values()]
  const rows = await source.rows<Row>(selectRows(bucket, shape, keys), keys.flat())
  await fillKeys(way, shape, keys, rows)
  await removeNotes(source, bucket, shape, notes)
  return keys
}
