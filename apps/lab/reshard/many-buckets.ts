import { finishMove } from '../../platform/moves/go-back.ts'
import { intendedMove } from '../../platform/moves/intended-move.ts'
import { heardOf, lookOf } from '../../platform/moves/look.ts'
import { bucketNames } from '../../platform/process/buckets.ts'
import { bucketSchema } from '../../platform/stores/queries.ts'
import { CommandError, say } from '../runner/command.ts'
import { moveTo, requireRoom } from './one-bucket.ts'
import type { Place } from './place.ts'
import { evenSteps, type Step } from './spread.ts'

export function rebalance(place: Place, isDry: boolean): Promise<string> {
  return carryOut(place, [], isDry)
}

/** Afterwards the server has nothing that anybody needs. */
export async function empty(place: Place, server: string, isDry: boolean): Promise<string> {
  const names = place.servers.map(({ name }) => name)
  if (!names.includes(server)) throw new CommandError(`there is no server ${server} for buckets; there are: ${names.join(', ')}`)
  if (names.length < 2) throw new CommandError(`${server} cannot be emptied: there is no other server for its buckets`)
  return carryOut(place, [server], isDry)
}

/** Each move is finished before the next begins, so that a server's rows are not kept twice. */
async function carryOut(place: Place, leaving: readonly string[], isDry: boolean): Promise<string> {
  const steps = evenSteps(await bucketsByServer(place), leaving)
  await requireRoomForAll(place, steps)
  if (isDry) return `${[...steps.map(stepText), `${steps.length} buckets would be moved; nothing was done`].join('\n')}\n`
  for (const [index, step] of steps.entries()) {
    say(`${index + 1} of ${steps.length}: ${stepText(step)}`)
    await moveTo({ ...place, bucket: step.bucket }, step.to)
    await finishMove({ ...place, bucket: step.bucket })
  }
  return `${steps.length} buckets were moved\n`
}

/** Before the first is moved. What has been moved is dropped, but the servers' logs keep it for a while. */
async function requireRoomForAll(place: Place, steps: readonly Step[]): Promise<void> {
  let bytes = 0
  for (const { bucket, to } of steps) bytes += (await intendedMove({ ...place, bucket, to })).bytes
  const [first] = steps
  if (first) await requireRoom(place, first.to, bytes)
}

/** Throws where it would not be carried out: then nothing is moved at all. */
async function bucketsByServer({ servers }: Place): Promise<Map<string, string[]>> {
  const heard = await heardOf(servers)
  for (const [name, { message }] of heard.silent)
    throw new CommandError(`${name} does not answer (${message}); nothing was moved`)
  const having = new Map(servers.map(({ name }) => [name, [] as string[]]))
  for (const bucket of bucketNames()) {
    const { owner, wayBack, comesTo } = lookOf(heard, bucket)
    if (wayBack !== undefined || comesTo.length > 0)
      throw new CommandError(`${bucketSchema(bucket)} has a move that is not finished: finish it, or take it back, first`)
    having.get(owner.server)?.push(bucket)
  }
  return having
}

function stepText({ bucket, from, to }: Step): string {
  return `${bucketSchema(bucket)} from ${from} to ${to}`
}
