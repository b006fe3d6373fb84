/** Copies a bucket's rows in the order of their keys, a few at a time; what was copied when it ended is not copied again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fillCopied } from './fill.ts'
import { boundValues, type Key, type Shape, selectNext, selectProgress } from './queries.ts'
import { keyOf, keySpelt, type Row, spelt } from './shapes.ts'
import type { Way } from './way.ts'

/** Larger ones hold up who asks for something else on a machine with few CPUs. */
const ROWS_AT_ONCE = 250

/** Told after each few rows; how long to leave the servers to the shop then is `restShare` of the time that they took. */
export type Pace = { onRows(rows: number): Promise<void>; readonly restShare: number }

export async function copyTables(way: Way, pace: Pace): Promise<void> {
  const reached = new Map((await progressOf(way)).map((one) => [one.of_table, one]))
  for (const shape of way.shapes) {
    const progress = reached.get(shape.table)
    if (!progress) throw new Error(`the copy of ${shape.table} was never begun`)
    if (!progress.ended) await copyTable(way, shape, progress.last_key, pace)
  }
}

export type Progress = {
  readonly of_table: string
  readonly last_key: string | null
  readonly copied: number
  readonly ended: number
  /** What the way back has kept is the copy. */
  readonly is_back: number
}

/** None where the copy was made for another move. */
export function progressOf({ target, bucket, filling }: Way): Promise<Progress[]> {
  return target.rows<Progress>(selectProgress(bucket), [filling.epoch])
}

async function copyTable(way: Way, shape: Shape, reached: string | null, pace: Pace): Promise<void> {
  for (let lastKey = reached; ; ) {
    const startedAt = performance.now()
    const rows = await nextRows(way, shape, lastKey === null ? undefined : keySpelt(lastKey))
    const last = rows.at(-1)
    if (last) lastKey = spelt(keyOf(shape, last))
    const ended = rows.length < ROWS_AT_ONCE
    await fillCopied(way, shape, { rows, lastKey, ended })
    await pace.onRows(rows.length)
    if (ended) return
    await rest(startedAt, pace)
  }
}

/** Of what was done since then. */
export async function rest(startedAt: number, { restShare }: Pace): Promise<void> {
  await sleep((performance.now() - startedAt) * restShare)
}

function nextRows({ source, bucket }: Way, shape: Shape, after: Key | undefined): Promise<Row[]> {
  const bounds = after ? boundValues(after) : []
  return source.rows<Row>(selectNext(bucket, shape, after === undefined), [...bounds, ROWS_AT_ONCE])
}
