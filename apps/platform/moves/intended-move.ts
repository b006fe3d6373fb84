import { bucketSchema } from '../stores/queries.ts'
import { type Look, lookAt } from './look.ts'
import { refuse } from './move-bucket.ts'
import { countRows, SELECT_BYTES } from './queries.ts'
import { withSession } from './session.ts'
import { shapesOf } from './shapes.ts'
import type { BucketOf } from './way.ts'

export type Intended = {
  readonly from: string
  readonly rows: number
  readonly bytes: number
  /** What is found of an earlier move to the same server. */
  readonly begins: 'anew' | 'where it was cut off' | 'with what the way back has kept'
}

/** What a move would be, without moving. Throws what the move would throw. */
export async function intendedMove(move: BucketOf & { readonly to: string }): Promise<Intended> {
  const look = await lookAt(move.servers, move.bucket)
  refuse(move, look)
  const from = look.owner.server
  const sizes = await withSession(move.servers, from, async (source) => {
    const shapes = await shapesOf(source, move.bucket)
    const counts = await Promise.all(shapes.map((shape) => source.rows<{ count: number }>(countRows(move.bucket, shape))))
    const [size] = await source.rows<{ bytes: number }>(SELECT_BYTES, [bucketSchema(move.bucket)])
    return { rows: counts.flat().reduce((sum, { count }) => sum + Number(count), 0), bytes: Number(size?.bytes) }
  })
  return { from, ...sizes, begins: beginning(move.to, look) }
}

function beginning(to: string, { comesTo, wayBack }: Look): Intended['begins'] {
  if (comesTo.includes(to)) return 'where it was cut off'
  return wayBack === to ? 'with what the way back has kept' : 'anew'
}
