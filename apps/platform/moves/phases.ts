import { bucketSchema } from '../stores/queries.ts'
import type { Way } from './way.ts'

/** Where a move has come to. */
export type Phase =
  | 'begun'
  | 'copied'
  | 'followed'
  | 'compared'
  | 'ready'
  | 'fenced'
  | 'drained'
  | 'moved'
  | 'owned'
  /** When it is finished: what the source has kept goes. */
  | 'dropping'

export type MoveProgress = {
  readonly doing: 'copy' | 'follow' | 'compare'
  readonly rows: number
  readonly of: number
  /** Changes that are noted and not carried over yet; undefined where nobody has looked. */
  readonly backlog?: number
  readonly leftMs: number
}

export const MOST_NAMED = 5

/** The two servers do not have the same rows, so the bucket stays where it is. */
export class DifferingRows extends Error {
  constructor({ bucket, source, target }: Pick<Way, 'bucket' | 'source' | 'target'>, names: readonly string[]) {
    const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
    const rows = `${names.slice(0, MOST_NAMED).join(', ')}${more}`
    super(
      `${bucketSchema(bucket)} stays on ${source.server}: ${target.server} has other rows, or others were written there: ${rows}`,
    )
  }
}
