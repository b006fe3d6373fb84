/** Compares the rows of a bucket on two servers by their hashes. */
import { type Pace, rest } from './copy.ts'
import { type Keys, nameOf } from './follow.ts'
import { boundValues, type Key, type Shape, selectHashes, selectHashesBetween } from './queries.ts'
import type { Session } from './session.ts'
import { keyOf, type Row } from './shapes.ts'
import type { Way } from './way.ts'

const ROWS_AT_ONCE = 500
const KEYS_AT_ONCE = 200

/** All rows, one part after the other; which of them differ, or are on one side only. What is written meanwhile may be among them. */
export async function differingRows(way: Way, pace: Pace): Promise<Keys> {
  const differing: Keys = new Map()
  for (const shape of way.shapes) {
    for (let from: Key | undefined, ended = false; !ended; ) {
      const startedAt = performance.now()
      const here = await hashesBetween(way.source, way, shape, { from, most: ROWS_AT_ONCE })
      const last = here.at(-1)
      ended = here.length < ROWS_AT_ONCE
      const to = ended || !last ? undefined : keyOf(shape, last)
      addDifferences(differing, shape, here, await hashesBetween(way.target, way, shape, { from, to }))
      from = to
      await pace.onRows(here.length)
      if (!ended) await rest(startedAt, pace)
    }
  }
  return differing
}

/** Of these rows those that differ now. */
export async function stillDiffering(way: Way, keys: Keys): Promise<Keys> {
  const differing: Keys = new Map()
  for (const [shape, own] of Map.groupBy(keys.values(), ({ shape }) => shape)) {
    for (let at = 0; at < own.length; at += KEYS_AT_ONCE) {
      const some = own.slice(at, at + KEYS_AT_ONCE).map(({ key }) => key)
      const ask = ({ rows }: Session) => rows<Row>(selectHashes(way.bucket, shape, some), some.flat())
      const [here, there] = await Promise.all([ask(way.source), ask(way.target)])
      addDifferences(differing, shape, here, there)
    }
  }
  return differing
}

type Part = { readonly from: Key | undefined; readonly to?: Key | undefined; readonly most?: number }

function hashesBetween({ rows }: Session, { bucket }: Way, shape: Shape, { from, to, most }: Part): Promise<Row[]> {
  const given = { from: from !== undefined, to: to !== undefined, most: most !== undefined }
  const values = [...(from ? boundValues(from) : []), ...(to ? boundValues(to) : []), ...(most ? [most] : [])]
  return rows<Row>(selectHashesBetween(bucket, shape, given), values)
}

function addDifferences(differing: Keys, shape: Shape, here: readonly Row[], there: readonly Row[]): void {
  const hashes = (rows: readonly Row[]) => new Map(rows.map((row) => [nameOf(shape, keyOf(shape, row)), row]))
  const [own, other] = [hashes(here), hashes(there)]
  for (const [name, row] of [...own, ...other]) {
    if (own.get(name)?.row_hash !== other.get(name)?.row_hash) differing.set(name, { shape, key: keyOf(shape, row) })
  }
}
