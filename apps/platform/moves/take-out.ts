import type { DatabaseAddress } from '../../../infra/stage/app-document.ts'
import { forgetOthers } from '../stores/make-buckets.ts'
import { bucketSchema } from '../stores/queries.ts'
import type { ShardOptions } from '../stores/shards.ts'
import { selectHeld } from './queries.ts'
import { withSession } from './session.ts'

export type TakingOut = {
  /** Where each shard is asked. */
  readonly servers: readonly DatabaseAddress[]
  /** All servers but its own. */
  readonly staying: readonly DatabaseAddress[]
  readonly options: ShardOptions
}

/** Takes an emptied shard out of its store and ends it; meanwhile nobody moves a bucket there. Throws one line where it has one. */
export async function takeOut(shard: string, { servers, staying, options }: TakingOut, end: () => Promise<void>): Promise<void> {
  await withSession(servers, shard, async (session) => {
    const [held] = await session.rows<{ bucket: string; state: string }>(selectHeld(session))
    if (held) throw new Error(`${shard} says of ${bucketSchema(held.bucket)} that it is ${held.state}; nothing was changed`)
    await forgetOthers(staying, options)
    await end()
  })
}
