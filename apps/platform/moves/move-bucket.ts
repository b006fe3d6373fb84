/**
 * Moves a bucket to another server while it is used. Who owns it is said by a row on each server; each arrow between its states is one
 * conditional UPDATE, and one of them alone gives the bucket over. Wherever a mover ends, the next call goes on from there.
 */
import { randomUUID } from 'node:crypto'
import type { Settings } from '../../../infra/stage/settings.ts'
import { codeOf } from '../mysql/transactions.ts'
import { bucketSchema } from '../stores/queries.ts'
import { arrow } from './arrows.ts'
import { beginMove } from './begin.ts'
import { differingRows, stillDiffering } from './compare.ts'
import { copyTables, progressOf } from './copy.ts'
import { cutOver } from './cut-over.ts'
import { carryNotes, type Keys } from './follow.ts'
import { type Look, lookAt } from './look.ts'
import { backlogOf } from './notes.ts'
import { DifferingRows, type MoveProgress, type Phase } from './phases.ts'
import { countRows } from './queries.ts'
import { type Session, withSessions } from './session.ts'
import { undoCopy, undoMove } from './undo.ts'
import type { BucketOf, Way } from './way.ts'

/** So many changes are carried over while writes wait. */
const MOST_BACKLOG = 100
const MOST_UNSETTLED = 200
const REST_SHARE = 1
const FOLLOW_WITHIN_MS = 120_000
const ROUNDS = 10

export type BucketMove = BucketOf & {
  readonly to: string
  onProgress?(progress: MoveProgress): void
  /** Between two steps. */
  at?(phase: Phase): Promise<void>
  /** So much of the time that copying and comparing takes is left to the shop after each few rows. */
  readonly restShare?: number
  /** What it leaves out, for whoever wants to see what that is for. */
  readonly moves?: Settings['moves']
}

export type Moved = { readonly from: string; readonly rows: number; readonly pauseMs: number }

/** Throws one line where it cannot be done; the bucket is where it was then. */
export async function moveBucket(move: BucketMove): Promise<Moved> {
  const { servers, bucket, to } = move
  const look = await lookAt(servers, bucket)
  if (await opened(move, look)) return { from: look.owner.server, rows: 0, pauseMs: 0 }
  refuse(move, look)
  const elsewhere = look.comesTo.filter((name) => name !== to)
  if (elsewhere.length > 0) await undoMove({ servers, bucket })
  return withSessions(servers, [look.owner.server, to], (source, target) => moveBetween(move, source, target))
}

/** The switch was written by a mover that has ended: what is left is to say so to the target. */
async function opened({ servers, bucket, to }: BucketMove, { owner, rows, wayBack }: Look): Promise<boolean> {
  if (owner.server !== to || rows.get(to)?.state !== 'ready' || wayBack === undefined) return false
  const how = { from: { state: 'ready', epoch: owner.epoch }, to: { state: 'owner', token: null } } as const
  await withSessions(servers, [wayBack, to], (_, target) => arrow(target, bucket, how))
  return true
}

/** Throws one line where the bucket cannot be moved there. */
export function refuse({ servers, bucket, to }: BucketOf & { readonly to: string }, { owner, silent, wayBack }: Look): void {
  const name = bucketSchema(bucket)
  if (!servers.some((one) => one.name === to))
    throw new Error(`there is no server ${to} for buckets; there are: ${servers.map((one) => one.name).join(', ')}`)
  if (owner.server === to) throw new Error(`${name} is on ${to} already`)
  for (const end of [owner.server, to]) {
    if (silent.has(end)) throw new Error(`${name} stays where it is: ${end} does not answer: ${silent.get(end)?.message}`)
  }
  if (wayBack !== undefined && wayBack !== to)
    throw new Error(`${name} can still go back to ${wayBack}: go back or finish that move before another`)
}

async function moveBetween(move: BucketMove, source: Session, target: Session): Promise<Moved> {
  const token = randomUUID()
  const at = move.at ?? (async () => undefined)
  const way = await beginMove({ bucket: move.bucket, source, target }, token)
  try {
    await at('begun')
    const rows = await copy(move, way)
    await at('copied')
    const pauseMs = await carryAndSwitch(move, way, { token, rows })
    await at('owned')
    return { from: source.server, rows, pauseMs }
  } catch (error) {
    // Where somebody else has written, or there is no room, the copy is of no use.
    if (error instanceof DifferingRows || FULL.has(codeOf(error))) await undoCopy(way)
    throw error
  }
}

const FULL = new Set(['ER_RECORD_FILE_FULL', 'ER_DISK_FULL'])

/** Answers how many rows there are. */
async function copy({ onProgress, restShare = REST_SHARE }: BucketMove, way: Way): Promise<number> {
  const counts = way.shapes.map(
    async (shape) => (await way.source.rows<{ count: number }>(countRows(way.bucket, shape)))[0]?.count,
  )
  const of = (await Promise.all(counts)).reduce<number>((sum, count) => sum + Number(count), 0)
  const before = (await progressOf(way)).reduce((sum, { copied }) => sum + copied, 0)
  const startedAt = performance.now()
  let rows = 0
  const onRows = async (more: number) => {
    rows += more
    const left = Math.max(0, of - before - rows)
    onProgress?.({ doing: 'copy', rows: before + rows, of, leftMs: ((performance.now() - startedAt) / Math.max(1, rows)) * left })
  }
  await copyTables(way, { onRows, restShare })
  return of
}

async function carryAndSwitch(
  move: BucketMove,
  way: Way,
  { token, rows }: { readonly token: string; readonly rows: number },
): Promise<number> {
  const at = move.at ?? (async () => undefined)
  await follow(move, way, rows)
  await at('followed')
  let seen = 0
  const onRows = async (more: number) => {
    seen += more
    move.onProgress?.({ doing: 'compare', rows: seen, of: rows, leftMs: 0 })
  }
  const isChecked = move.moves !== 'unchecked'
  let unsettled: Keys = isChecked ? await differingRows(way, { onRows, restShare: move.restShare ?? REST_SHARE }) : new Map()
  await at('compared')
  for (let round = 1; round <= ROUNDS; round += 1) {
    const carried = await follow(move, way, rows)
    if (isChecked) unsettled = await stillDiffering(way, new Map([...unsettled, ...carried]))
    if (unsettled.size > MOST_UNSETTLED) continue
    const pauseMs = await cutOver(way, { token, unsettled, at, moves: move.moves ?? 'safe' })
    if (pauseMs !== undefined) return pauseMs
  }
  if (unsettled.size > MOST_UNSETTLED) throw new DifferingRows(way, [...unsettled.keys()])
  throw new Error(`${bucketSchema(way.bucket)} stays on ${way.source.server}: it could not be switched within the fence's lease`)
}

/** Until so little is left that writes can wait for it. Answers which rows it has carried. */
async function follow({ onProgress }: BucketMove, way: Way, rows: number): Promise<Keys> {
  const carried: Keys = new Map()
  const endsAt = performance.now() + FOLLOW_WITHIN_MS
  for (;;) {
    for (const [name, key] of await carryNotes(way)) carried.set(name, key)
    const backlog = [...(await backlogOf(way.source, way.bucket, way.shapes)).values()].reduce((sum, count) => sum + count, 0)
    onProgress?.({ doing: 'follow', rows, of: rows, backlog, leftMs: 0 })
    if (backlog <= MOST_BACKLOG) return carried
    if (performance.now() > endsAt)
      throw new Error(
        `${bucketSchema(way.bucket)} stays on ${way.source.server}: ${backlog} changes wait, as more come than are carried over`,
      )
  }
}
