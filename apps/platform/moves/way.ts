import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import type { Filling, Shape } from './queries.ts'
import type { Session } from './session.ts'

/** From where to where a bucket's rows go, and by which right they are put there. */
export type Way = {
  readonly bucket: string
  readonly source: Session
  readonly target: Session
  readonly shapes: readonly Shape[]
  readonly filling: Filling
}

/** Of a bucket of a store, whose servers these are. */
export type BucketOf = { readonly servers: readonly DatabaseAddress[]; readonly bucket: string }
