import { finishMove, goBack } from '../../platform/moves/go-back.ts'
import { intendedMove } from '../../platform/moves/intended-move.ts'
import { lookAt } from '../../platform/moves/look.ts'
import { type Moved, moveBucket } from '../../platform/moves/move-bucket.ts'
import { bucketSchema } from '../../platform/stores/queries.ts'
import { CommandError } from '../runner/command.ts'
import type { Place } from './place.ts'
import { phaseLine, progressLine } from './progress-line.ts'

export type OneBucket = Place & { readonly bucket: string }

const MB = 1_000_000
/** The copy, its log, and what the shop goes on writing. */
const ROOM = 3
const ROOM_LEFT_MB = 50

/** Answers what there is to say. */
export async function moveTo(one: OneBucket, to: string): Promise<string> {
  const { bytes } = await intendedMove({ ...one, to })
  await requireRoom(one, to, bytes)
  const startedAt = performance.now()
  const moved = await moveBucket({ ...one, to, ...lines(one) })
  const again = `npm run reshard -- ${one.reference} --bucket ${Number(one.bucket)}`
  return `${movedText(one, to, moved, startedAt)}\nback as long as it is not finished: ${again} --back; what ${moved.from} has kept is dropped by: ${again} --finish\n`
}

/** The same without doing it: the steps. */
export async function stepsTo(one: OneBucket, to: string): Promise<string> {
  const { from, rows, bytes, begins } = await intendedMove({ ...one, to })
  await requireRoom(one, to, bytes)
  const steps = [
    `note each key of ${bucketSchema(one.bucket)} that changes on ${from}`,
    `copy ${rows} rows (${(bytes / MB).toFixed(1)} MB) to ${to}, in the order of their keys; begun ${begins}`,
    'carry over what was noted, until little is left',
    'compare all rows by their hashes',
    `fence: writes wait at ${from} for at most a second; reads go on`,
    'carry over and compare what is left',
    `switch: ${from} says that ${to} is the owner, and ${to} opens`,
    `until the move is finished, carry changes back to ${from}`,
  ]
  return `${steps.map((step, index) => `${index + 1}. ${step}`).join('\n')}\nnothing was done\n`
}

export async function back(one: OneBucket): Promise<string> {
  const startedAt = performance.now()
  const went = await goBack({ ...one, ...lines(one) })
  if ('undone' in went)
    return `the move of ${bucketSchema(one.bucket)} to ${went.undone.join(', ')} is undone; it is where it was\n`
  const { owner } = await lookAt(one.servers, one.bucket)
  return `${movedText(one, owner.server, went, startedAt)}\n`
}

export async function finish(one: OneBucket): Promise<string> {
  const kept = await finishMove({ ...one, at: lines(one).at })
  const name = bucketSchema(one.bucket)
  return kept === undefined
    ? `${name} has no move to finish\n`
    : `the move of ${name} is finished: ${kept} has dropped what it had kept\n`
}

function lines({ bucket }: Pick<OneBucket, 'bucket'>) {
  const name = bucketSchema(bucket)
  return { onProgress: progressLine(name), at: phaseLine(name) }
}

export async function requireRoom({ freeMb }: Place, to: string, bytes: number): Promise<void> {
  const [free, needed] = [await freeMb(), (ROOM * bytes) / MB + ROOM_LEFT_MB]
  if (free < needed)
    throw new CommandError(
      `${to} is full: ${Math.floor(free)} MB are free there, and ${Math.ceil(needed)} MB are needed; nothing was moved`,
    )
}

function movedText({ bucket }: OneBucket, to: string, { from, rows, pauseMs }: Moved, startedAt: number): string {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  return `${bucketSchema(bucket)} is on ${to} now (${rows} rows from ${from}, ${seconds} s; writes waited ${pauseMs.toFixed(0)} ms)`
}
