import { deleteRows, fillGuard, type Key, putRows, type Shape, updateProgress } from './queries.ts'
import { keyOf, type Row, spelt, valuesOf } from './shapes.ts'
import type { Way } from './way.ts'

/** Of a table, what its rows with these keys are by now: those that are gone go at the target too. */
export async function fillKeys(way: Way, shape: Shape, keys: readonly Key[], rows: readonly Row[]): Promise<void> {
  const there = new Set(rows.map((row) => spelt(keyOf(shape, row))))
  const gone = keys.filter((key) => !there.has(spelt(key)))
  await inFilling(way, [...removing(way, shape, gone), ...putting(way, shape, rows)])
}

export type Copied = { readonly rows: readonly Row[]; readonly lastKey: string | null; readonly ended: boolean }

/** The next rows of a table, and how far it has come with them. */
export async function fillCopied(way: Way, shape: Shape, { rows, lastKey, ended }: Copied): Promise<void> {
  const progress = { text: updateProgress(way.bucket), values: [lastKey, rows.length, ended ? 1 : 0, shape.table] }
  await inFilling(way, [...putting(way, shape, rows), progress])
}

type Statement = { readonly text: string; readonly values: readonly unknown[] }

function removing({ bucket }: Way, shape: Shape, keys: readonly Key[]): Statement[] {
  return keys.length > 0 ? [{ text: deleteRows(bucket, shape, keys), values: keys.flat() }] : []
}

function putting({ bucket }: Way, shape: Shape, rows: readonly Row[]): Statement[] {
  return rows.length > 0 ? [{ text: putRows(bucket, shape), values: [rows.map((row) => valuesOf(shape, row))] }] : []
}

/** In one transaction and one packet, which ends at the guard where somebody else fills the bucket by now. */
async function inFilling({ target, bucket, filling }: Way, statements: readonly Statement[]): Promise<void> {
  if (statements.length === 0) return
  const guard = fillGuard({ ...target, bucket }, filling)
  const texts = ['begin', guard, ...statements.map(({ text }) => text), 'commit']
  try {
    await target.rows(
      texts.join('; '),
      statements.flatMap(({ values }) => values),
    )
  } catch (error) {
    await target.rows('rollback').catch(() => undefined)
    throw error
  }
}
