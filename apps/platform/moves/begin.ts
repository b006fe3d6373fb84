/** Makes a target ready to be filled: anew, from where a move that was cut off had come to, or from what the way back has kept. */

import { codeOf } from '../mysql/transactions.ts'
import { COMES } from '../stores/owners.ts'
import { arrow, type Standing, standingOf } from './arrows.ts'
import { type Progress, progressOf } from './copy.ts'
import { startNoting } from './notes.ts'
import { makeProgress, makeSchema, type Shape, showTable, startProgress } from './queries.ts'
import type { Session } from './session.ts'
import { shapesOf } from './shapes.ts'
import type { Way } from './way.ts'

type Ends = Pick<Way, 'bucket' | 'source' | 'target'>

/** Whoever holds both servers' locks is the only mover, so what another one has left is free to be taken. */
export async function beginMove(ends: Ends, token: string): Promise<Way> {
  const epoch = await openOwner(ends)
  const shapes = await shapesOf(ends.source, ends.bucket)
  const way: Way = { ...ends, shapes, filling: { states: COMES, epoch: epoch + 1, token } }
  await comeTo(way, token)
  // Noted before the first row is read.
  await startNoting(ends.source, ends.bucket, shapes)
  if (!(await canGoOn(way))) await startCopy(way)
  return way
}

/** A fence that was left goes. Answers the owner's epoch. */
async function openOwner({ source, bucket }: Ends): Promise<number> {
  const { state, epoch } = await standingOf(source, bucket)
  if (state === 'fenced') await arrow(source, bucket, { from: { state, epoch }, to: { state: 'owner', token: null } })
  else if (state !== 'owner') throw new Error(`${source.server} has the bucket no more; try again`)
  return epoch
}

async function comeTo(way: Way, token: string): Promise<void> {
  const { target, source, bucket, filling } = way
  const before = await standingOf(target, bucket)
  const { state, epoch, server } = before
  const isLeft = COMES.includes(state) && epoch === filling.epoch
  const isWayBack = state === 'moved' && epoch === filling.epoch - 1 && server === source.server
  const isFree = (state === 'elsewhere' || state === 'moved' || COMES.includes(state)) && epoch < filling.epoch
  if (!isLeft && !isFree) throw new Error(`${target.server} says of the bucket that it is ${state} as of epoch ${epoch}`)
  if (isWayBack) await keepCopy(way)
  const { isOver: _, ...from }: Standing = before
  const to = { state: 'copying', epoch: filling.epoch, server: target.server, token } as const
  if (!(await arrow(target, bucket, { from, to }))) throw new Error(`somebody else moves the bucket to ${target.server}`)
}

/** What was carried back ever since is the copy. It counts once the bucket comes here in this epoch. */
async function keepCopy({ target, bucket, shapes, filling }: Way): Promise<void> {
  await target.rows(makeProgress(bucket))
  await target.rows(startProgress(bucket), [shapes.map(({ table }) => [table, filling.epoch, null, 0, 1, 1])])
}

async function canGoOn(way: Way): Promise<boolean> {
  const progress = await progressIfAny(way)
  return way.shapes.every(({ table }) => progress.some(({ of_table }) => of_table === table))
}

export function progressIfAny(way: Parameters<typeof progressOf>[0]): Promise<Progress[]> {
  return progressOf(way).catch((error: unknown) => {
    if (NOTHING.has(codeOf(error))) return []
    throw error
  })
}

const NOTHING = new Set(['ER_NO_SUCH_TABLE', 'ER_BAD_DB_ERROR'])

/** Whatever is there in the bucket's name is of no use. */
async function startCopy({ source, target, bucket, shapes, filling }: Way): Promise<void> {
  const statements = await Promise.all(shapes.map((shape) => definitionOf(source, bucket, shape)))
  await target.rows([makeSchema(bucket), ...statements].join('; '))
  // The target's too, from the first row on: nobody but the mover has to write there.
  await startNoting(target, bucket, shapes)
  await target.rows(makeProgress(bucket))
  await target.rows(startProgress(bucket), [shapes.map(({ table }) => [table, filling.epoch, null, 0, 0, 0])])
}

async function definitionOf({ rows }: Session, bucket: string, { table }: Shape): Promise<string> {
  const [definition] = await rows<{ 'Create Table': string }>(showTable(bucket, table))
  if (!definition) throw new Error(`the table ${table} is gone`)
  return definition['Create Table']
}
