import { type Repeated, repeated } from '../process/repeated.ts'
import { carryBack } from './go-back.ts'
import type { BucketOf } from './way.ts'

/** Whoever takes a move back carries what is left itself: this keeps it little. */
const CARRY_EVERY_MS = 5_000

/** A worker's part: until a move is finished, what it has left behind is kept as new as its bucket. */
export function carryingBack(servers: () => Promise<BucketOf['servers']>): Repeated {
  return repeated('carrying changes of moved buckets back', CARRY_EVERY_MS, async () => void (await carryBack(await servers())))
}
