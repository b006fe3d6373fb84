/** The moment in which a bucket changes its owner: writes wait at a fence at the source until all is at the target, the same. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../../../infra/stage/settings.ts'
import { arrow, arrowAtOnce } from './arrows.ts'
import { stillDiffering } from './compare.ts'
import { carryNotes, type Keys, nameOf } from './follow.ts'
import { backlogOf, readNotes } from './notes.ts'
import { DifferingRows, MOST_NAMED, type Phase } from './phases.ts'
import type { Way } from './way.ts'

/** Where the mover dies, the bucket takes writes again after so long. */
const FENCE_MS = 1_000
const FENCE_WITHIN_MS = 2_000
const TRY_AGAIN_MS = 3

type CuttingOver = {
  readonly token: string
  /** To be compared once more. */
  readonly unsettled: Keys
  readonly moves: Settings['moves']
  at(phase: Phase): Promise<void>
}

/** How long writes waited; undefined where the fence was gone before all was the same, and then nothing has changed. */
export async function cutOver(way: Way, cutting: CuttingOver): Promise<number | undefined> {
  const { source, target, bucket, filling } = way
  const { token, moves, at } = cutting
  const epoch = filling.epoch
  if (!(await arrow(target, bucket, { from: { state: 'copying', epoch, token }, to: { state: 'ready' } }))) throw taken(way)
  await at('ready')
  const isFenced = moves !== 'unfenced'
  if (isFenced) await fence(way, token, moves === 'unleased' ? 0 : FENCE_MS)
  const fencedAt = performance.now()
  await at('fenced')
  const isSame = !isFenced || (await isSameWhenDrained(way, cutting))
  const from = { epoch: epoch - 1, ...(isFenced ? ({ state: 'fenced', token } as const) : ({ state: 'owner' } as const)) }
  const to = { state: 'moved', epoch, server: target.server, token: null } as const
  if (!isSame || !(await arrow(source, bucket, { from, to }))) {
    await arrow(target, bucket, { from: { state: 'ready', epoch, token }, to: { state: 'copying' } })
    return undefined
  }
  await at('moved')
  // A customer's app may have been quicker.
  await arrow(target, bucket, { from: { state: 'ready', epoch }, to: { state: 'owner', token: null } })
  return performance.now() - fencedAt
}

function taken({ target }: Way): Error {
  return new Error(`somebody else moves the bucket to ${target.server} by now`)
}

/** Between the transactions that write to the bucket; only where there is always one, it waits among them. */
async function fence({ source, bucket, filling }: Way, token: string, leaseMs: number): Promise<void> {
  const from = { state: 'owner', epoch: filling.epoch - 1 } as const
  const how = { from, to: { state: 'fenced', token }, leaseMs } as const
  const endsAt = performance.now() + FENCE_WITHIN_MS
  let taken: boolean | undefined
  while (taken === undefined && performance.now() < endsAt) {
    taken = await arrowAtOnce(source, bucket, how)
    if (taken === undefined) await sleep(Math.random() * TRY_AGAIN_MS)
  }
  taken ??= await arrow(source, bucket, how)
  if (!taken) throw new Error(`${source.server} has the bucket no more; try again`)
}

async function isSameWhenDrained(way: Way, { token, unsettled, moves, at }: CuttingOver): Promise<boolean> {
  const carried = await carryNotes(way)
  await at('drained')
  return moves === 'unchecked' || isSameBehindFence(way, new Map([...unsettled, ...carried]), token)
}

/** Throws where it is not, and takes the fence away before. Where the fence was gone, what differs may be what was written since: false. */
async function isSameBehindFence(way: Way, keys: Keys, token: string): Promise<boolean> {
  const { source, bucket, filling } = way
  const foreign = await foreignRows(way)
  const differing = [...(await stillDiffering(way, keys)).keys()]
  if (foreign.length + differing.length === 0) return true
  const from = { state: 'fenced', epoch: filling.epoch - 1, token } as const
  const wasFenced = await arrow(source, bucket, { from, to: { state: 'owner', token: null } })
  if (foreign.length === 0 && !wasFenced) return false
  throw new DifferingRows(way, [...new Set([...foreign, ...differing])])
}

/** What somebody else than the mover wrote at the target. */
async function foreignRows({ target, bucket, shapes }: Way): Promise<string[]> {
  const backlog = await backlogOf(target, bucket, shapes)
  const written = shapes.filter(({ table }) => backlog.has(table))
  const found = written.map(async (shape) => {
    const { keys } = await readNotes(target, bucket, shape, MOST_NAMED)
    return keys.map((key) => nameOf(shape, key))
  })
  return (await Promise.all(found)).flat()
}
