/** While a bucket moves, and until there is no way back, each server notes the keys of the rows that anybody but a mover changes in it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../mysql/transactions.ts'
import { bucketSchema } from '../stores/queries.ts'
import {
  countNotes,
  deleteNotes,
  dropTable,
  dropTrigger,
  isOfMove,
  type Key,
  makeNotes,
  notingTriggers,
  SELECT_TABLES,
  SELECT_TRIGGERS,
  type Shape,
  selectNotes,
} from './queries.ts'
import type { Session } from './session.ts'
import { keyOf, type Row } from './shapes.ts'

/** A trigger waits for the transactions that are under way on its table, and all others behind it: it gives up after a second and tries again. */
const TRIES = 20
const TRY_AGAIN_MS = 200

export async function startNoting(session: Session, bucket: string, shapes: readonly Shape[]): Promise<void> {
  for (const shape of shapes) await session.rows(makeNotes(bucket, shape))
  const there = await namesIn(session, SELECT_TRIGGERS, bucket)
  for (const shape of shapes) {
    for (const [name, text] of notingTriggers(bucket, shape)) if (!there.has(name)) await patiently(() => session.rows(text))
  }
}

/** Nothing is left of any move to here or from here. */
export async function stopNoting(session: Session, bucket: string): Promise<void> {
  for (const name of await namesIn(session, SELECT_TRIGGERS, bucket)) {
    if (name.startsWith('noted_')) await patiently(() => session.rows(dropTrigger(bucket, name)))
  }
  for (const name of await namesIn(session, SELECT_TABLES, bucket)) {
    if (isOfMove(name)) await patiently(() => session.rows(dropTable(bucket, name)))
  }
}

/** By table, where there are any. */
export async function backlogOf(session: Session, bucket: string, shapes: readonly Shape[]): Promise<Map<string, number>> {
  const counts = await session.rows<{ of_table: string; count: number }>(countNotes(bucket, shapes))
  return new Map(counts.filter(({ count }) => Number(count) > 0).map(({ of_table, count }) => [of_table, Number(count)]))
}

export type Notes = { readonly ids: readonly unknown[]; readonly keys: readonly Key[] }

/** The oldest, without taking them away. */
export async function readNotes(session: Session, bucket: string, shape: Shape, most: number): Promise<Notes> {
  const notes = await session.rows<Row>(selectNotes(bucket, shape), [most])
  return { ids: notes.map(({ note_id }) => note_id), keys: notes.map((note) => keyOf(shape, note)) }
}

export async function removeNotes(session: Session, bucket: string, shape: Shape, { ids }: Notes): Promise<void> {
  await session.change(deleteNotes(bucket, shape), [ids])
}

async function namesIn(session: Session, question: string, bucket: string): Promise<Set<string>> {
  const rows = await session.rows<{ name: string }>(question, [bucketSchema(bucket)])
  return new Set(rows.map(({ name }) => name))
}

async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return void (await work())
    } catch (error) {
      if (left === 0 || codeOf(error) !== 'ER_LOCK_WAIT_TIMEOUT') throw error
      await sleep(TRY_AGAIN_MS)
    }
  }
}
